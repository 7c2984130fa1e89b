/** Port: the disk that evidence is kept on, and a part of it that is held back. */
export interface EvidenceDisk {
  /** Bytes that can still be written, beside the reserve; 0 if the system does not say. Never throws. */
  freeBytes(): number;
  /** Takes the reserve, or keeps it: nobody else can write there from then on. @throws what the system says. */
  holdReserve(): void;
  /** Gives the reserve back, so that it can be written on. Never throws. */
  releaseReserve(): void;
}

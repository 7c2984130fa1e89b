/**
 * Most bytes of the lines of one append, 4 MiB; so no line of any log has more. What is larger than that is no record, and is not
 * parsed: JSON that is nested without an end costs far more time than its bytes.
 */
export const APPEND_BYTES = 4 * 1024 * 1024;

import { CHANGES_PER_REQUEST } from "../request/read-changes.ts";
import { REQUEST_BOUNDS } from "../request/check-request.ts";
import { listOf, membersOf } from "../unread.ts";
import { withoutNames, wordsOf } from "./words.ts";

/** A place of a request in which words are looked for. */
export type Place = "title" | "description";

/** What the validator looks at, read from a request of which nothing is believed. */
export interface ReadSubject {
  /** The words of each place; none if it is no text. */
  readonly words: Readonly<Record<Place, string>>;
  /** The same without the names of what is to be changed: a name that holds a keyword says nothing. */
  readonly spoken: Readonly<Record<Place, string>>;
  readonly urgency: unknown;
  /** The types of the changes, whatever they are; empty if there is no list, or one that is too long. */
  readonly changeTypes: readonly unknown[];
  /** The names of what the changes change, as words; an empty text for a change that names nothing. */
  readonly names: readonly string[];
}

/** Reads a request for the validator. What is longer than a request may be is cut. Never throws on JSON. */
export function readSubject(request: unknown): ReadSubject {
  const { title, description, urgency, changes } = membersOf(request);
  const list = listOf(changes) ?? [];
  const read = list.length > CHANGES_PER_REQUEST ? [] : list.map(membersOf);
  const names = read.map(({ key, capability, parameter }) => nameWords(parameter ?? key ?? capability));
  const words = {
    title: placeWords(title, REQUEST_BOUNDS.titleCharacters),
    description: placeWords(description, REQUEST_BOUNDS.descriptionCharacters),
  };
  const [spokenTitle, spokenDescription] = [withoutNames(words.title, names), withoutNames(words.description, names)];
  return {
    words,
    spoken: { title: spokenTitle, description: spokenDescription },
    urgency,
    changeTypes: read.map(({ type }) => type),
    names,
  };
}

function placeWords(text: unknown, most: number): string {
  return typeof text === "string" ? wordsOf(text.slice(0, most)) : "";
}

function nameWords(name: unknown): string {
  return placeWords(name, REQUEST_BOUNDS.titleCharacters);
}

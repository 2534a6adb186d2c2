import { isRecord, untrusted } from "../../oidc/upstream-request.ts";

/**
 * Members of a vendor's answer, as strictly as Go reads them into a structure: what is absent or null is empty, what is of another
 * type makes the whole answer unusable.
 */
export interface Answer {
  text(name: string): string;
  /** 0 when absent. Whole, and exact in a JavaScript number. */
  number(name: string): number;
  texts(name: string): readonly string[];
  /** A member that is an object itself. An empty one when absent. */
  object(name: string): Answer;
  objects(name: string): readonly Answer[];
  flag(name: string): boolean;
  /** Is it there, and null? */
  isNull(name: string): boolean;
}

/**
 * @param what in words for an operator.
 * @throws {ConnectorError} `untrusted` when it is no object; so do the members that are of another type than asked for.
 */
export function readAnswer(document: unknown, what: string): Answer {
  if (!isRecord(document)) throw untrusted(`${what} is not an object`);
  const at = <T>(name: string, absent: T, isWanted: (value: unknown) => value is T): T => {
    const value = Object.hasOwn(document, name) ? (document[name] ?? absent) : absent;
    if (!isWanted(value)) throw untrusted(`${what} has a ${name} of an unexpected type`);
    return value;
  };
  const nothing: readonly unknown[] = [];
  return {
    text: (name) => at(name, "", isText),
    number: (name) => at(name, 0, isWhole),
    texts: (name) => at(name, [], isTexts),
    object: (name) => readAnswer(at(name, {}, isRecord), `${name} of ${what}`),
    objects: (name) => readAnswers(at(name, nothing, isList), `${name} of ${what}`),
    flag: (name) => at(name, false, isFlag),
    isNull: (name) => Object.hasOwn(document, name) && document[name] === null,
  };
}

/** @throws {ConnectorError} `untrusted` when it is no list of objects; null is an empty list. */
export function readAnswers(document: unknown, what: string): readonly Answer[] {
  const list = document ?? [];
  if (!isList(list)) throw untrusted(`${what} is not a list`);
  return list.map((item) => readAnswer(item, `an item of ${what}`));
}

const isText = (value: unknown): value is string => typeof value === "string";
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isTexts = (value: unknown): value is readonly string[] => isList(value) && value.every(isText);

import type { Identity } from "../../protocol/identity.ts";

/** Whom both mock connectors sign in (dex reference §8.17). */
export const KILGORE: Identity = {
  userId: "0-385-28089-0",
  username: "Kilgore Trout",
  preferredUsername: "",
  email: "kilgore@kilgore.trout",
  emailVerified: true,
  groups: [],
};

import type { Access, AppConfiguration, ProxyConfiguration } from "../config/configuration.ts";
import type { Identity } from "../protocol/identity.ts";
import { createRuleMatches, readStrictPath, type RuleMatches } from "./access-rule.ts";
import { type Admits, createAdmits } from "./allow.ts";
import { createFindApp, type FindApp } from "./app-match.ts";
import type { Target } from "./target.ts";

/**
 * Why somebody may not pass, signed in or not:
 * - `no-target`: the request does not say what is asked for, says it ambiguously, or came from a peer that is not trusted
 * - `no-app`: no application has this host
 * - `ambiguous-path`: the application has path rules, and this path could mean two things
 * - `not-admitted`: this identity may not enter at all
 * - `not-allowed`: this identity may not use this application or path
 */
export type ForbidReason = "no-target" | "no-app" | "ambiguous-path" | "not-admitted" | "not-allowed";

export type Decision =
  /** `subject` is absent when nobody is signed in, or when somebody is who may not enter: then a public place treats them as a stranger. */
  | { readonly outcome: "allow"; readonly app: AppConfiguration; readonly subject?: Identity }
  | { readonly outcome: "sign-in"; readonly app: AppConfiguration }
  | { readonly outcome: "forbid"; readonly app?: AppConfiguration; readonly reason: ForbidReason };

/** Who may pass where, prepared for many questions. */
export interface Policy {
  readonly findApp: FindApp<PolicyApp>;
  readonly admits: Admits;
}

interface PolicyApp {
  readonly host: string;
  readonly configuration: AppConfiguration;
  readonly access: PolicyAccess;
  readonly rules: readonly { readonly matches: RuleMatches; readonly access: PolicyAccess }[];
}

/** Absent: public. */
type PolicyAccess = Admits | undefined;

/** Prepare the policy of a configuration. */
export function createPolicy(proxy: Pick<ProxyConfiguration, "apps" | "admission">): Policy {
  const prepare = (access: Access): PolicyAccess => (access.kind === "public" ? undefined : createAdmits(access.allow));
  const apps = proxy.apps.map((configuration): PolicyApp => ({
    host: configuration.host,
    configuration,
    access: prepare(configuration.access),
    rules: configuration.rules.map((rule) => ({ matches: createRuleMatches(rule), access: prepare(rule.access) })),
  }));
  return { findApp: createFindApp(apps), admits: createAdmits(proxy.admission) };
}

/**
 * May this subject have this target? Pure. The first application that matches the host decides, in it the first rule that
 * matches method and path, else its own access. What nothing matches is denied, and so is what cannot be read.
 *
 * @param target undefined when the request does not say, or must not be believed.
 * @param subject undefined when nobody is signed in.
 */
export function decide(policy: Policy, target: Target | undefined, subject: Identity | undefined): Decision {
  if (target === undefined) return { outcome: "forbid", reason: "no-target" };
  const found = policy.findApp(target);
  if (found === undefined) return { outcome: "forbid", reason: "no-app" };
  const app = found.configuration;
  let access = found.access;
  if (found.rules.length > 0) {
    const path = readStrictPath(target.path);
    if (path === undefined) return { outcome: "forbid", app, reason: "ambiguous-path" };
    const rule = found.rules.find(({ matches }) => matches(target.method, path));
    if (rule !== undefined) access = rule.access;
  }
  return decideAccess(policy, app, access, subject);
}

function decideAccess(
  policy: Policy,
  app: AppConfiguration,
  access: PolicyAccess,
  subject: Identity | undefined,
): Decision {
  if (subject === undefined) return access === undefined ? { outcome: "allow", app } : { outcome: "sign-in", app };
  const admitted = policy.admits(subject);
  if (access === undefined) return admitted ? { outcome: "allow", app, subject } : { outcome: "allow", app };
  if (!admitted) return { outcome: "forbid", app, reason: "not-admitted" };
  return access(subject) ? { outcome: "allow", app, subject } : { outcome: "forbid", app, reason: "not-allowed" };
}

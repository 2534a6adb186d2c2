"""Runs the OpenID Foundation's certification plans for providers against a running provider, see README.md."""

import argparse
import json
import pathlib
import re
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PLANS = ["config", "basic", "implicit", "hybrid", "formpost-basic", "formpost-implicit", "formpost-hybrid"]
VARIANT = {"server_metadata": "discovery", "client_registration": "static_client"}
# Both ends show self-signed certificates on loopback.
TLS = ssl._create_unverified_context()


def main():
    options = arguments()
    for url in (f"{options.suite}/api/runner/available", f"{options.issuer}/.well-known/openid-configuration"):
        wait_until_up(url, options.wait)
    forget_earlier_runs(options)
    # One after the other: they share the user and the clients, and a provider keeps one refresh token for a pair.
    results = [(plan, run_plan(options, plan)) for plan in options.plan or PLANS]
    print("\n== summary")
    for plan, modules in results:
        print(f"{plan:18} {len(modules):3} modules: {counts(modules)}")
    everything = [module for _, modules in results for module in modules]
    print(f"{'all':18} {len(everything):3} modules: {counts(everything)}\n")
    for plan, modules in results:
        for module in modules:
            report(plan, module, options.verbose)
    for page in sorted({f"{module['name'].split()[0]}: {page}" for module in everything for page in module["pages"]}):
        print(f"page to review: {page}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(dict(results), indent=1))
    sys.exit(any(module["result"] in ("FAILED", "UNFINISHED") for module in everything))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="https://localhost:8443", help="base URL of the running suite")
    parser.add_argument("--issuer", default="https://localhost:15556/dex", help="issuer of the running provider")
    parser.add_argument("--plan", action="append", choices=PLANS, help="only this plan (repeatable)")
    parser.add_argument("--module", default="", help="only modules whose name contains this")
    parser.add_argument("--wait", type=int, default=0, help="seconds to wait for the suite and the provider to start")
    parser.add_argument("--json", help="write every result to this file")
    parser.add_argument("--verbose", action="store_true", help="show warnings as well")
    return parser.parse_args()


def wait_until_up(url, seconds):
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10, context=TLS):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise SystemExit(f"{url} does not answer: {error}") from error
        time.sleep(1)


def forget_earlier_runs(options):
    """The suite's database lies in memory."""
    for plan in call(options, "GET", "plan", length=1000)["data"]:
        call(options, "DELETE", f"plan/{plan['_id']}")


def run_plan(options, name):
    plan = call(options, "POST", "plan", plan_configuration(options),
                planName=f"oidcc-{name}-certification-test-plan",
                variant=json.dumps({} if name == "config" else VARIANT))
    modules = []
    for module in plan["modules"]:
        if options.module in module["testModule"]:
            modules.append(run_module(options, plan["id"], module))
            print(f"{name:18} {modules[-1]['result']:10} {modules[-1]['name']}", flush=True)
    return modules


def plan_configuration(options):
    text = (pathlib.Path(__file__).parent / "plan.json").read_text().replace("{issuer}", options.issuer).replace("{suite}", options.suite)
    configuration = json.loads(text)
    configuration["override"] = {
        module: override for modules, override in configuration["override"].items() for module in modules.split()
    }
    return configuration


def run_module(options, plan, module):
    variant = module.get("variant") or {}
    test = call(options, "POST", "runner", plan=plan, test=module["testModule"], variant=json.dumps(variant))["id"]
    if wait_for(options, test, "CONFIGURED,FINISHED", 60) == "CONFIGURED":
        call(options, "POST", f"runner/{test}")
    # One module sleeps 30 seconds; a sign-in that never comes back would wait for minutes.
    state = wait_for(options, test, "FINISHED", 100)
    log = call(options, "GET", f"log/{test}")
    info = call(options, "GET", f"info/{test}")
    if state is None:
        call(options, "DELETE", f"runner/{test}")
    kind = variant.get("response_type", "")
    return {
        "name": f"{module['testModule']} [{kind}]" if kind else module["testModule"],
        "result": (info.get("result") or "FAILED") if state else "UNFINISHED",
        "test": test,
        "entries": [entry for entry in map(complaint, log) if entry],
        "pages": [visible_text(entry["page_source"]) for entry in log if entry.get("matched_regexp")],
    }


def wait_for(options, test, states, seconds):
    """The state reached, or None when the time is over."""
    for _ in range(seconds // 20):
        answer = call(options, "GET", f"runner/{test}/wait-state", states=f"{states},INTERRUPTED", timeoutMs=20000)
        if answer.get("state"):
            return answer["state"]
    return None


def complaint(entry):
    if entry.get("result") in ("FAILURE", "WARNING"):
        return {"result": entry["result"], "source": entry.get("src", ""), "message": entry.get("msg", "")}
    return None


def visible_text(page):
    text = re.sub(r"(?s)<(head|style|script)\b.*?</\1>|<[^>]*>", " ", page)
    return " ".join(text.split())[:120]


def call(options, method, path, body=None, **query):
    request = urllib.request.Request(
        f"{options.suite}/api/{path}?{urllib.parse.urlencode(query)}", method=method,
        data=None if body is None else json.dumps(body).encode(), headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60, context=TLS) as answer:
            return json.loads(answer.read() or "{}")
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} /api/{path}: {error.code} {error.read().decode()[:500]}") from error


def counts(modules):
    results = [module["result"] for module in modules]
    return ", ".join(f"{results.count(result)} {result.lower()}"
                     for result in ("PASSED", "WARNING", "REVIEW", "SKIPPED", "FAILED", "UNFINISHED")
                     if result in results)


def report(plan, module, verbose):
    shown = [entry for entry in module["entries"] if verbose or entry["result"] == "FAILURE"]
    if module["result"] in ("FAILED", "UNFINISHED") or (verbose and shown):
        print(f"{module['result']} {plan} {module['name']} ({module['test']})")
        for entry in shown:
            print(f"    {entry['result'].lower()} {entry['source']}: {entry['message'][:300]}")


if __name__ == "__main__":
    main()

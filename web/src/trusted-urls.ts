// The one Trusted Types policy: it lets our own workers through and nothing else.

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

/** The scripts of `path` on our own origin; throws TypeError for any other address. */
function ownScript(url: string): string {
  const resolved = new URL(url, location.href);
  if (resolved.origin !== location.origin || !resolved.pathname.endsWith('.js'))
    throw new TypeError('Only our own scripts may run.');
  return resolved.href;
}

let policy: ScriptUrlPolicy | undefined;

/** Start a module worker of ours. */
export function startWorker(url: string): Worker {
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  policy ??= factory?.createPolicy('takeback', { createScriptURL: ownScript }) ?? {
    createScriptURL: ownScript,
  };
  return new Worker(policy.createScriptURL(url), { type: 'module' });
}

// The environment that the server gets: this process's own, VS Code's proxy, and the keys. Knows nothing of VS Code.

/** VS Code's settings `http.proxy` and `http.noProxy`. */
export interface ProxySettings {
  readonly proxy: string;
  readonly noProxy: readonly string[];
}

/**
 * Proxy variables that the environment has already stay: they are nearer to what programs on this machine expect. Keys
 * replace what is there: the user entered them here on purpose.
 */
export function serverEnvironment(
  base: NodeJS.ProcessEnv,
  { proxy, noProxy }: ProxySettings,
  keys: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const has = (name: string): boolean => Object.keys(base).some((each) => each.toUpperCase() === name);
  const added: NodeJS.ProcessEnv = {};
  if (proxy !== '' && !has('HTTP_PROXY') && !has('HTTPS_PROXY')) {
    added.HTTP_PROXY = proxy;
    added.HTTPS_PROXY = proxy;
    if (!has('NO_PROXY')) {
      added.NO_PROXY = [...new Set(['localhost', '127.0.0.1', '::1', ...noProxy])].join(',');
    }
  }
  return { ...base, ...added, ...keys };
}

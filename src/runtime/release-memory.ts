/** How often to look whether the process has become idle. */
const PERIOD_MILLISECONDS = 2000;
/** CPU time in a period below which nobody is served, and a pause of a few milliseconds bothers nobody: 1 %. */
const IDLE_MICROSECONDS = 20_000;
/** CPU time since the last release after which there may be something to release. */
const WORTHWHILE_MICROSECONDS = 500_000;

/**
 * Give memory back when the process has become idle after work: one full collection. The collector itself waits for more
 * garbage, which without requests never comes, so that after a busy moment a process would hold some 10 MB for
 * nothing, for as long as it is idle.
 *
 * @returns stop looking.
 */
export function releaseMemoryWhenIdle(): () => void {
  let last = cpuMicroseconds();
  let released = 0;
  const timer = setInterval(() => {
    const now = cpuMicroseconds();
    const isIdle = now - last < IDLE_MICROSECONDS;
    last = now;
    if (!isIdle || now - released < WORTHWHILE_MICROSECONDS) return;
    Bun.gc(true);
    released = cpuMicroseconds();
    last = released;
  }, PERIOD_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

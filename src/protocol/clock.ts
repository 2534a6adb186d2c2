/** The current time in whole or fractional seconds since the epoch. A dependency, so that tests can move it. */
export type Clock = () => number;

/** The system's clock. */
export const systemClock: Clock = () => Date.now() / 1000;

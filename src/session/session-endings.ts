/** Who wants to know that a session ended in this process, such as its open WebSockets. */
export interface SessionEndings {
  onEnd(sessionId: string, listener: () => void): () => void;
  announce(sessionId: string): void;
}

export function createSessionEndings(): SessionEndings {
  const listeners = new Map<string, Set<() => void>>();
  return {
    onEnd(sessionId, listener) {
      const set = listeners.get(sessionId) ?? new Set();
      listeners.set(sessionId, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(sessionId) === set) listeners.delete(sessionId);
      };
    },
    announce(sessionId) {
      const set = listeners.get(sessionId);
      listeners.delete(sessionId);
      for (const listener of set ?? []) listener();
    },
  };
}

/**
 * Tell how long a body was, once it has been sent or given up. An answer without a body is told of at once and stays the same object,
 * which a connection that has become a WebSocket needs.
 */
export function countBytes(response: Response, onEnd: (bytes: number) => void): Response {
  if (response.body === null) {
    onEnd(0);
    return response;
  }
  let bytes = 0;
  const reader = response.body.getReader();
  const counted = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) {
        controller.close();
        onEnd(bytes);
        return;
      }
      bytes += value.byteLength;
      controller.enqueue(value);
    },
    cancel(reason) {
      onEnd(bytes);
      return reader.cancel(reason);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(counted, { status, statusText, headers });
}

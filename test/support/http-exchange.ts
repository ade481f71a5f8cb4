import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';

/** A request of which the test holds both ends, over a connection of its own. */
export function openRequest(
  { port }: { readonly port: number },
  name: string,
  method: string,
  headers: Readonly<Record<string, string>> = {},
): ClientRequest {
  const host = `${name}.localhost:${String(port)}`;
  return httpRequest({ host: '127.0.0.1', port, method, agent: false, headers: { host, ...headers } });
}

export async function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}

export async function textOf(stream: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** An application that answers with what arrived. */
export function echo(request: IncomingMessage, response: ServerResponse): void {
  void textOf(request).then((body) => {
    const { method, url, headers, rawHeaders, trailers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, headers, rawHeaders, trailers, body }));
  });
}

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

/** One request whose path and headers are sent just as they are given, which `fetch` would put right. */
export async function exchange(
  port: number,
  { path, headers }: { readonly path: string; readonly headers: Readonly<Record<string, string>> },
): Promise<{ readonly status: number; readonly body: string }> {
  const outgoing = httpRequest({ host: '127.0.0.1', port, path, agent: false, headers });
  outgoing.end();
  const answer = await answerOf(outgoing);
  return { status: answer.statusCode ?? 0, body: await textOf(answer) };
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

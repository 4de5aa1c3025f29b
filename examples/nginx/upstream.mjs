// The API behind the gateway. It believes the X-Auth headers, because nobody but the gateway reaches it, refuses whoever
// comes without, and answers the others with the request as it came.

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const server = createServer(async (request, response) => {
  // To the end: nginx closes the connection after each answer, and one that is given before would cut the body off.
  await text(request);
  const { method, url, headers } = request;
  if (!headers['x-auth-tenant'] || !headers['x-auth-subject']) {
    response.writeHead(403).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(`${JSON.stringify({ method, url, headers }, null, 2)}\n`);
});

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});

// A vendor's API, protected by Frontegg's SDK, whose callers show tokens that were made in Latchkey.
// Which Latchkey, and the vendor key, are in the environment: the SDK reads them by itself. See README.md.

import { IdentityClient, withAuthentication } from '@frontegg/client';
import express from 'express';

const reports = [{ id: 1, title: 'Stock, first quarter' }];

const app = express();

// Any good token: who is it?
app.get('/me', withAuthentication(), (request, response) => {
  response.json(request.frontegg.user);
});

// Of the permissions named, the token needs one; the same goes for roles.
app.get('/reports', withAuthentication({ permissions: ['reports.read'] }), (request, response) => {
  response.json(reports);
});

app.post('/reports', withAuthentication({ permissions: ['reports.write'] }), express.json(), (request, response) => {
  const report = { id: reports.length + 1, title: String(request.body?.title ?? '') };
  reports.push(report);
  response.status(201).json(report);
});

app.delete('/reports', withAuthentication({ roles: ['Editor'] }), (request, response) => {
  reports.length = 0;
  response.status(204).end();
});

// withAuthentication answers what it refuses, and then hands the reason on as an error: there is nothing left to say.
// Whatever else comes here, such as a Latchkey that can't be reached, is a fault of ours and lets nobody in. Only the
// message is written down: the error of a call holds what was sent, the vendor's JWT too.
app.use((error, request, response, next) => {
  if (response.headersSent) return;
  console.error(error.message);
  response.status(500).json({ error: 'Something went wrong on our side.' });
});

// With a wrong address or vendor key everybody would be refused. Rather than that, don't start.
await IdentityClient.getInstance().getPublicKey();

const server = app.listen(Number(process.env.PORT ?? 3000), 'localhost', () => {
  console.log(`Listening on http://localhost:${server.address().port}`);
});

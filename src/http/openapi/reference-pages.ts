import { PROBLEMS } from '../problem-catalogue.ts';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 46rem; padding: 2rem 1rem; }
  h2 { font-size: 1.1rem; margin: 2rem 0 0; }
  h2:target { background: Mark; color: MarkText; }
  p { margin: .25rem 0; }
  code { font: .9em ui-monospace, monospace; }
`;

function page(title: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${head}
</head>
<body>
${body}
</body>
</html>
`;
}

/** Swagger UI over `/openapi.json`. Everything that it loads comes from this server. */
export function referencePage(nonce: string): string {
  return page(
    'Blueberry API',
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/assets/swagger-ui.css">',
    `<main id="reference"></main>
<script nonce="${nonce}" src="/docs/assets/swagger-ui-bundle.js"></script>
<script nonce="${nonce}">
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true, validatorUrl: null });
</script>`,
  );
}

/** What each problem means, under the anchor that its \`type\` leads to. */
export function problemsPage(nonce: string): string {
  const entries = Object.entries(PROBLEMS).map(
    ([code, { status, title, meaning }]) =>
      `<h2 id="${code}">${escape(title)} <code>${code}</code></h2><p>Status ${String(status)}. ${escape(meaning)}</p>`,
  );
  return page(
    'Problems',
    `<link rel="icon" href="data:,"><style nonce="${nonce}">${STYLE}</style>`,
    `<main><h1>Problems</h1>
<p>Whatever fails is answered with problem details (RFC 9457), as <code>application/problem+json</code>. Their
<code>type</code> leads here.</p>
${entries.join('\n')}
</main>`,
  );
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

import { createHash } from 'node:crypto';

/** Pushes an image without layers, made different by `content`, and returns its digest. `name` is `acme/web:tag`. */
export async function pushImage(registry: string, name: string, content: string): Promise<string> {
  const [repository = '', tag = 'latest'] = name.split(':');
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { content } },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
  const started = await fetch(`http://${registry}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', `http://${registry}`);
  location.searchParams.set('digest', digest);
  await expectOk(fetch(location, { method: 'PUT', body: config }));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: config.length },
    layers: [],
  });
  const type = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
  const url = `http://${registry}/v2/${repository}/manifests/${tag}`;
  await expectOk(fetch(url, { method: 'PUT', headers: type, body: manifest }));
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
}

async function expectOk(sent: Promise<Response>): Promise<void> {
  const answer = await sent;
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`);
}

import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closedPort } from './loopback.ts';
import type { Scene } from './specimens.ts';

/** What a control cannot do without, and is taken away to blind it. */
export type Need =
  | 'pager'
  | 'entry point'
  | 'identity'
  | 'attacker'
  | 'receipts'
  | 'sample'
  | 'stores'
  | 'bucket'
  | 'some backup'
  | 'history'
  | 'database';

type BlindWay = (scene: Scene) => Promise<Scene>;

/** Ways to be blind, by what they take away. */
export const blindWays: Readonly<Record<Need, Readonly<Record<string, BlindWay>>>> = {
  stores: {
    'a store that is gone': (scene) => moved(scene, 'vault'),
    'no store is there': async (scene) => {
      for (const name of storesOf(scene)) await moved(scene, name);
      return scene;
    },
  },
  bucket: {
    'a bucket that lets nobody in': async (scene) => withBucket(scene, { accessKeyId: 'SOMEBODYELSE' }),
    'no such bucket': async (scene) => withBucket(scene, { bucket: 'another-one' }),
  },
  'some backup': {
    'stores are empty': async (scene) => {
      for (const name of storesOf(scene)) {
        await rm(folderOf(scene, name), { recursive: true });
        await mkdir(folderOf(scene, name));
      }
      return scene;
    },
  },
  pager: {
    'nobody says where the pager is': async (scene) => withFacts(scene, { alerts: { rules: 'alerts.yaml' } }),
    'no rules': async (scene) => withFacts(scene, { alerts: undefined }),
    'the pager does not answer': async (scene) => {
      const url = `http://127.0.0.1:${await closedPort()}`;
      return withFacts(scene, { alerts: { rules: 'alerts.yaml', prometheus: url, receiver: url } });
    },
    'rules that are not there': async (scene) => withFacts(scene, { alerts: { rules: 'elsewhere.yaml' } }),
  },
  'entry point': {
    'the entry point is not there': async (scene) =>
      withFacts(scene, { job: { path: 'job', entries: ['restore-elsewhere'] } }),
  },
  identity: {
    'no identity': async (scene) => withFacts(scene, { identity: undefined }),
  },
  attacker: {
    'nobody says as whom the copy is attacked': async (scene) => withFacts(scene, { drill: {} }),
  },
  sample: {
    'what was drilled is less of production than is wanted': async (scene) =>
      withFacts(scene, { objectives: { productionShare: 0.9 } }),
  },
  receipts: {
    'no drill yet': async (scene) => {
      for (const name of storesOf(scene)) {
        await rm(join(folderOf(scene, name), 'drills'), { recursive: true });
      }
      return scene;
    },
  },
  history: {
    'a schedule that is a week old': async (scene) => {
      const schedule: unknown = scene.targets.backups?.schedule;
      const since = new Date(Date.now() - 7 * 86_400_000).toISOString();
      return withFacts(scene, { schedule: { ...(typeof schedule === 'object' && schedule), since } });
    },
  },
  database: {
    'nobody listens': async (scene) => {
      const port = String(await closedPort());
      return withUrl(scene, (url) => {
        url.port = port;
      });
    },
    'wrong password': (scene) =>
      withUrl(scene, (url) => {
        url.password = 'wrong';
      }),
  },
};

function factsOfStores(scene: Scene): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const stores: unknown = scene.targets.backups?.stores;
  if (typeof stores !== 'object' || stores === null) throw new Error('the scene has no stores');
  return new Map(Object.entries(stores));
}

/** Those that are folders. */
function storesOf(scene: Scene): readonly string[] {
  return [...factsOfStores(scene)].filter(([, facts]) => 'folder' in facts).map(([name]) => name);
}

function folderOf(scene: Scene, store: string): string {
  return String(factsOfStores(scene).get(store)?.folder);
}

async function moved(scene: Scene, store: string): Promise<Scene> {
  await rename(folderOf(scene, store), `${folderOf(scene, store)}-elsewhere`);
  return scene;
}

function withBucket(scene: Scene, facts: Readonly<Record<string, unknown>>): Scene {
  const stores = factsOfStores(scene);
  return withFacts(scene, {
    stores: { ...Object.fromEntries(stores), bucket: { ...stores.get('bucket'), ...facts } },
  });
}

function withFacts(scene: Scene, facts: Readonly<Record<string, unknown>>): Scene {
  const { targets } = scene;
  return { ...scene, targets: { ...targets, backups: { kind: 'backup', ...targets.backups, ...facts } } };
}

async function withUrl(scene: Scene, change: (url: URL) => void): Promise<Scene> {
  const url = new URL(String(scene.targets.backups?.url));
  change(url);
  return withFacts(scene, { url: url.href });
}

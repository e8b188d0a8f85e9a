import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { partKey } from '../../backup/manifest.ts';
import { makeReader, sealText } from '../../testing/backup-forge.ts';
import { type Site, scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import encrypted from './encrypted.ts';

/** Part of the newest backup replaced in the vault. */
const instead = (part: string, bytes: (site: Site) => Promise<Uint8Array> | Uint8Array) => ({
  edit: async (site: Site) => {
    const content = await bytes(site);
    await site.vault.change(partKey(site.backups[0] ?? '', part), () => content);
  },
});
const beside = (name: string, text: (site: Site) => string, where: 'in' | 'beside' = 'in') => ({
  edit: async (site: Site) => {
    const folder = site.vault.folder ?? '';
    await writeFile(join(where === 'in' ? folder : dirname(folder), name), text(site));
  },
});
const identityOf = ({ stage }: Site): string => stage.readers[1]?.identity ?? '';
const sql = Buffer.from('--\n-- PostgreSQL database dump\n--\nCREATE TABLE public.accounts (id int);\n');

export default specimens({
  control: encrypted,
  on: () => scratchBackup({ needs: ['stores', 'some backup'] }),
  lookalikes: {
    'a file that says what the store is': {
      break: beside('README.txt', () => 'backups of the budget; ask Ada'),
    },
    'something else that age sealed': {
      break: {
        edit: async ({ offsite, stage }) =>
          void (await offsite.put(
            'notes.age',
            await sealText(
              'hello',
              stage.readers.map(({ recipient }) => recipient),
            ),
          )),
      },
    },
    'the recipients in a file': {
      break: beside('recipients.txt', ({ stage }) => stage.readers[0]?.recipient ?? ''),
    },
    'an identity on a machine that only restores': {
      break: {
        identity: true,
        edit: async ({ root }) => writeFile(join(root, '.surety', 'keys', 'backup.pem'), ''),
      },
    },
    'a backup that lost a part, which is not its encryption': {
      break: { edit: async ({ vault, backups }) => vault.remove(partKey(backups[0] ?? '', 'outline')) },
    },
  },
  sabotages: {
    'a plain archive': {
      break: instead('data-0', () => Buffer.from('PGDMP\u0001rows')),
      names: 'a plain archive of pg_dump',
    },
    'plain SQL': { break: instead('globals', () => sql), names: 'globals: plain SQL' },
    'compressed and not encrypted': { break: instead('data-0', () => gzipSync(sql)), names: 'data-0: gzip' },
    'zstd and not encrypted': {
      break: instead('outline', () => zstdCompressSync(sql)),
      names: 'outline: zstd',
    },
    'a header of age before plain text': {
      break: instead('data-0', ({ stage }) => {
        const sealed = stage.sealed.get('data-0') ?? Buffer.alloc(0);
        const end = sealed.indexOf('\n--- ') + 49;
        return Buffer.concat([sealed.subarray(0, end), sql]);
      }),
      names: 'a header of age before plain text',
    },
    'sealed for one more': {
      break: instead('data-0', async ({ stage }) => {
        const stranger = await makeReader();
        return sealText(
          'rows',
          [...stage.readers, stranger].map(({ recipient }) => recipient),
        );
      }),
      names: 'data-0: sealed for 3 recipients',
    },
    'sealed for one less': {
      break: instead('data-0', ({ stage }) =>
        sealText(
          'rows',
          stage.readers.slice(0, 1).map(({ recipient }) => recipient),
        ),
      ),
      names: 'data-0: sealed for 1 recipients',
    },
    'recipients other than the estate says': {
      break: {
        forge: (manifest) => ({
          ...manifest,
          recipients: [...manifest.recipients.slice(1), `age1${'q'.repeat(58)}`],
        }),
      },
      names: 'recipients',
    },
    'a dump of somebody’s in the bucket': {
      break: { edit: async ({ offsite }) => void (await offsite.put('before-migration.sql', sql)) },
      names: 'before-migration.sql: plain SQL',
    },
    'an archive of somebody’s in the bucket': {
      break: { edit: async ({ offsite }) => void (await offsite.put('old/dump.gz', gzipSync(sql))) },
      names: 'old/dump.gz: gzip',
    },
    'the identity in the bucket': {
      break: {
        edit: async (site) => void (await site.offsite.put('key.txt', Buffer.from(identityOf(site)))),
      },
      names: 'key.txt: an identity',
    },
    'the identity in the folder of the store': {
      break: beside('.escrow', identityOf),
      names: '.escrow',
    },
    'the identity beside the folder of the store': {
      break: beside('identity.txt', identityOf, 'beside'),
      names: 'identity.txt',
    },
    'the identity in the folder of the estate': {
      break: { edit: async (site) => writeFile(join(site.root, 'escrow.key'), identityOf(site)) },
      names: 'escrow.key',
    },
    'the identity among the keys that sign': {
      break: {
        edit: async (site) => writeFile(join(site.root, '.surety', 'keys', 'escrow'), identityOf(site)),
      },
      names: 'keys/escrow',
    },
    'the identity in the estate that makes backups': {
      break: { identity: true },
      names: 'identity in the estate where backups are made',
    },
  },
});

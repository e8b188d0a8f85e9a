import { scratchRepo } from '../../testing/scratch-repo.ts';
import { specimens } from '../../testing/specimens.ts';
import nonRoot from './non-root.ts';

const api = `# syntax=docker/dockerfile:1
FROM node:24-alpine AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run build

FROM node:24-alpine
WORKDIR /app
RUN addgroup -g 1001 nodejs && adduser -S -u 1001 -G nodejs nestjs
COPY --from=build /app/dist ./dist
USER 1001:1001
# what it starts
CMD ["node", "dist/main.js"]
`;
const web = `ARG UID=1002
FROM node:24-alpine
ARG UID
USER \${UID}
CMD ["node", "server.js"]
`;
const compose = `services:
  web:
    build:
      context: .
      dockerfile: infra/docker/Dockerfile.web
`;

const edited = (from: string, to: string) => ({ write: { Dockerfile: api.replace(from, to) } });
const own = (content: string) => ({ write: { Dockerfile: content } });
const composed = (content: string) => ({ write: { 'compose.yml': content } });
const user = 'USER 1001:1001\n';

export default specimens({
  control: nonRoot,
  on: () => scratchRepo({ Dockerfile: api, 'infra/docker/Dockerfile.web': web, 'compose.yml': compose }),
  lookalikes: {
    'root while building, a number at the end': { break: edited(user, `USER root\nRUN apk add x\n${user}`) },
    'root in an earlier stage': { break: edited('WORKDIR', 'USER root\nWORKDIR') },
    'a heredoc that speaks of root': {
      break: edited('# what', 'COPY <<EOF /notes\nUSER root\nEOF\n# what'),
    },
    'a comment that speaks of root': { break: edited('# what', '# USER root\n# what') },
    'lower case, quotes and CRLF': {
      break: own('from node:24\r\nuser "1001"\r\ncmd ["node"]\r\n'),
    },
    'inherited from a stage of the same file': {
      break: own('FROM node:24 AS Base\nUSER 1001\nFROM base\nCMD ["node"]\n'),
    },
    'a number in the group of root, as arbitrary-user platforms want it': {
      break: own('FROM node:24\nUSER 1001:0\n'),
    },
    'a number by ENV, with another escape character': {
      break: own('# escape=`\nFROM node:24\nENV A=10\nENV B=$A\nUSER `\n $B\n'),
    },
    'a run over several lines that mentions USER': {
      break: own('FROM node:24\nRUN echo a && \\\n# USER root\nUSER root || true\nUSER 1001\n'),
    },
    'source files that are about Dockerfiles': {
      break: {
        write: {
          'src/dockerfile.ts': 'export {};\n',
          'docs/Dockerfile.md': '# USER root\n',
          'Dockerfile.dockerignore': '.env\n',
        },
      },
    },
    'a root Dockerfile among what is installed and ignored': {
      break: {
        write: { '.gitignore': 'node_modules/\n', 'node_modules/x/Dockerfile': 'FROM scratch\nUSER 0\n' },
      },
    },
    'a service of another image as root': {
      break: composed(`${compose}  db:\n    image: postgres:18\n    user: root\n`),
    },
    'ONBUILD for whoever builds on this': { break: edited('# what', 'ONBUILD USER root\n# what') },
  },
  sabotages: {
    'root at the end': { break: edited('# what', 'USER root\n# what'), names: 'Dockerfile', mended: true },
    'named only': { break: edited(user, 'USER nestjs\n'), names: 'nestjs', mended: true },
    'well-known name only': { break: own('FROM node:24\nUSER node\n'), names: 'got node', mended: true },
    'no user': { break: edited(user, ''), names: 'no USER', mended: true },
    'no user, no command, no last newline': { break: own('FROM node:24'), names: 'no USER', mended: true },
    'user in an earlier stage only': {
      break: own('FROM node:24 AS build\nUSER 1001\nFROM node:24\nCOPY --from=build /x /x\r\nCMD ["node"]\n'),
      names: 'no USER',
      mended: true,
    },
    'user 0 with another group': { break: edited(user, 'USER 0:1001\n'), names: '0:1001', mended: true },
    'zero in more digits': { break: edited(user, 'USER 000\n'), names: '000', mended: true },
    'a sign before zero': { break: edited(user, 'USER +0\n'), names: '+0', mended: true },
    'beyond what runtimes take': {
      break: edited(user, 'USER 4294967296\n'),
      names: '4294967296',
      mended: true,
    },
    'root by a default': {
      break: own('ARG UID=0\nFROM node:24\nARG UID\nUSER $UID\nCMD ["node"]\n'),
      names: 'got 0',
      mended: true,
    },
    'root by an ENV that wins over its ARG': {
      break: own('FROM node:24\nARG UID=1001\nENV UID=root\nUSER $UID\n'),
      names: 'got root',
      mended: true,
    },
    'root by the default of an expression': {
      break: own(`FROM node:24\nARG UID\nUSER \${UID:-root}\n`),
      names: 'got root',
      mended: true,
    },
    'empty, because nothing sets it': {
      break: own('FROM scratch\nUSER $NOBODY\n'),
      names: 'so root',
      mended: true,
    },
    'only for whoever builds on this': {
      break: edited(user, 'ONBUILD USER 1001\n'),
      names: 'no USER',
      mended: true,
    },
    'root by the ONBUILD of a stage below': {
      break: own('FROM node:24 AS base\nUSER 1001\nONBUILD USER root\nFROM base\nCMD ["node"]\n'),
      names: 'by ONBUILD',
      mended: true,
    },
    'a number that stands in a heredoc only': {
      break: edited(user, 'COPY <<EOF /notes\nUSER 1001\nEOF\n'),
      names: 'no USER',
      mended: true,
    },
    'a quoted heredoc mark that is none': {
      break: edited(user, `${user}RUN echo "<<EOF"\nUSER root\n`),
      names: 'got root',
      mended: true,
    },
    'a number in a comment only': { break: edited(user, '# USER 1001\n'), names: 'no USER', mended: true },
    'lower-case root, continued over lines': {
      break: edited('# what', 'user \\\n# 1001\n ro\\\not\n# what'),
      names: 'got root',
      mended: true,
    },
    'number and remark in one word': {
      break: edited(user, 'USER 1001 # api\n'),
      names: '1001 # api',
      mended: true,
    },
    'another name for a Dockerfile': {
      break: { write: { 'worker.Dockerfile': 'FROM node:24\n' } },
      names: 'worker.Dockerfile',
      mended: true,
    },
    'a Containerfile in a folder': {
      break: { write: { 'services/mail/Containerfile': 'FROM node:24\nUSER root\n' } },
      names: 'services/mail/Containerfile',
      mended: true,
    },
    'a name that only the compose file knows': {
      break: {
        write: {
          'compose.yml': 'services:\n  job:\n    build: { context: ., dockerfile: job/image.txt }\n',
          'job/image.txt': 'FROM node:24\n',
        },
      },
      names: 'job/image.txt',
      mended: true,
    },
    'a stage that only the compose file builds': {
      break: {
        write: {
          'compose.yml': 'services:\n  job:\n    build: { context: ., target: jobs }\n',
          Dockerfile: api.replace('\nFROM', '\nFROM node:24 AS jobs\nCMD ["node", "job.js"]\n\nFROM'),
        },
      },
      names: 'stage jobs',
      mended: true,
    },
    'an argument of the compose file': {
      break: composed(`${compose}      args:\n        UID: 0\n`),
      names: 'compose.yml web',
      mended: true,
    },
    'a Dockerfile inside the compose file': {
      break: composed(
        'services:\n  job:\n    build:\n      dockerfile_inline: |\n        FROM node:24\n        USER root\n',
      ),
      names: 'compose.yml job',
    },
    'the service runs as root after all': {
      break: composed(`${compose}    user: root\n`),
      names: 'user of the service',
    },
    'back to root by sudo': {
      break: edited('CMD ["node"', 'ENTRYPOINT ["/usr/bin/sudo", "node"'),
      names: '/usr/bin/sudo',
    },
    'a link to another file': {
      break: {
        write: { 'image.txt': 'FROM node:24\n', Dockerfile: null },
        links: { Dockerfile: 'image.txt' },
      },
      names: 'Dockerfile',
    },
    'tracked, though ignored': {
      break: {
        write: { '.gitignore': 'old/\n', 'old/Dockerfile': 'FROM node:24\n' },
        git: [['add', '-f', 'old/Dockerfile']],
      },
      names: 'old/Dockerfile',
      mended: true,
    },
    'without git, it still shows': {
      break: { write: { '.git': null, Dockerfile: 'FROM node:24\nUSER 0\n' } },
      names: 'got 0',
    },
  },
});

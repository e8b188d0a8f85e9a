import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalize, EvidenceError, type Json } from '../src/index.ts';

// RFC 8785, appendix B: IEEE 754 bits and how they are written.
const numbers: readonly (readonly [string, string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

test('numbers are written as in RFC 8785, appendix B', () => {
  for (const [bits, written] of numbers)
    assert.equal(canonicalize(Buffer.from(bits, 'hex').readDoubleBE(0)), written);
});

test('the sample of RFC 8785, section 3.2', () => {
  const sample: Json = JSON.parse(`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
    "literals": [null, true, false]
  }`);
  const wanted =
    '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d';
  assert.equal(Buffer.from(canonicalize(sample)).toString('hex'), wanted);
});

test('keys are sorted by UTF-16 code units, as in RFC 8785, section 3.2.3', () => {
  const value: Json = JSON.parse(
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
  );
  const order = [...canonicalize(value).matchAll(/:"([^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual(order, [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ]);
});

test('what JSON cannot carry is refused', () => {
  const cycle: { [key: string]: Json } = {};
  cycle.self = { cycle };
  let deep: Json = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  const values: readonly unknown[] = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\ud800',
    { '\udc00': 1 },
    undefined,
    { a: undefined },
    [undefined],
    new Array(2),
    cycle,
    deep,
    new Date(0),
    1n,
  ];

  for (const value of values)
    assert.throws(
      () => canonicalize(asJson(value)),
      (error) => error instanceof EvidenceError && error.code === 'json/not-canonical',
    );
});

/** Passes anything where JSON is wanted, as a caller without types does. */
function asJson(value: unknown): Json {
  const box: { json: Json } = { json: null };
  Object.assign(box, { json: value });
  return box.json;
}

test('canonical JSON is read back as it was, and is its own canonical form', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const text = canonicalize(asJson(value));
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalize(JSON.parse(text)), text);
    }),
  );
});

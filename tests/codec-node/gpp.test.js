// GPP strings: what @iabgpp/cmpapi writes we read as it was meant, and what we write of it @iabgpp/cmpapi reads so too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GppModel } from '@iabgpp/cmpapi';
import { generator } from './lib/random.js';
import { ours } from './lib/ours.js';

const NAMES = ['usnat', 'usca', 'usva', 'usco', 'usut', 'usct', 'usfl', 'usmt', 'usor', 'ustx', 'usde', 'usia', 'usne', 'usnh',
  'usnj', 'ustn', 'usmn', 'usmd', 'usin', 'usky', 'usri'];
const COUNT = 200;

const fieldsOf = (model, name) => model.getSection(name);

/** Sets every field of a section to something that its layout allows; the fields' names and values. */
function fill(model, name, random) {
  const id = 7 + NAMES.indexOf(name);
  model.setFieldValueBySectionId(id, 'SaleOptOut', 0);
  const values = {};
  for (const [field, value] of Object.entries(fieldsOf(model, name))) {
    if (/Version$|SegmentIncluded$|SegmentType$/.test(field)) continue;
    const drawn = Array.isArray(value) ? value.map(() => random.below(3))
      : typeof value === 'boolean' ? random.flag()
      : field === 'MspaCoveredTransaction' ? 1 + random.below(2)
      : random.below(3);
    model.setFieldValueBySectionId(id, field, drawn);
    values[field] = drawn;
  }
  return values;
}

test('both sides read the sections of the states that the other one writes', () => {
  const random = generator(30);
  const cases = Array.from({ length: COUNT }, () => {
    const model = new GppModel();
    const names = NAMES.filter(() => random.below(6) === 0);
    const expected = names.map((name) => ({ id: 7 + NAMES.indexOf(name), fields: fill(model, name, random) }));
    return { text: model.encode(), expected };
  });
  assert.ok(NAMES.every((_, at) => cases.some(({ expected }) => expected.some(({ id }) => id === at + 7))), 'every section is drawn');
  ours('gpp', cases.map(({ text }) => text)).forEach((answer, at) => {
    const { text, expected } = cases[at];
    assert.deepEqual(answer.value?.map(({ id }) => id), expected.map(({ id }) => id), `the sections of ${text}: ${answer.error}`);
    expected.forEach(({ id, fields }, place) => {
      for (const [field, drawn] of Object.entries(fields)) assert.deepEqual(answer.value[place].value[field], drawn, `${field} of section ${id} of ${text}`);
    });
    const back = new GppModel(answer.written);
    assert.deepEqual(back.getSectionIds(), expected.map(({ id }) => id));
    for (const { id, fields } of expected) {
      for (const [field, drawn] of Object.entries(fields)) assert.deepEqual(back.getFieldValueBySectionId(id, field), drawn, `${field} of ${answer.written}`);
    }
  });
});

test('both sides read vendor lists for Europe and Canada, and US Privacy strings', () => {
  const random = generator(31);
  const cases = Array.from({ length: 60 }, () => {
    const model = new GppModel();
    const [europe, express, implied] = [random.vendors(), random.vendors(), random.vendors()];
    const purposes = random.numbers(24);
    const field = Array.from({ length: 24 }, (_, at) => purposes.includes(at + 1));
    model.setFieldValueBySectionId(2, 'VendorConsents', europe);
    model.setFieldValueBySectionId(2, 'PurposeConsents', field);
    model.setFieldValueBySectionId(2, 'PolicyVersion', 5);
    model.setFieldValueBySectionId(5, 'VendorExpressConsent', express);
    model.setFieldValueBySectionId(5, 'VendorImpliedConsent', implied);
    model.setFieldValueBySectionId(5, 'PurposesExpressConsent', field);
    model.setFieldValueBySectionId(6, 'Notice', 'Y');
    model.setFieldValueBySectionId(6, 'OptOutSale', random.flag() ? 'Y' : 'N');
    model.setFieldValueBySectionId(6, 'LspaCovered', '-');
    return { text: model.encode(), europe, express, implied, purposes, privacy: `1Y${model.getFieldValueBySectionId(6, 'OptOutSale')}-` };
  });
  ours('gpp', cases.map(({ text }) => text)).forEach((answer, at) => {
    const { text, europe, express, implied, purposes, privacy } = cases[at];
    const [eu, ca, us] = answer.value ?? assert.fail(`${text}: ${answer.error}`);
    assert.deepEqual([eu.value.vendorConsents, eu.value.purposeConsents], [europe, purposes], text);
    assert.deepEqual([ca.value.vendorsExpress, ca.value.vendorsImplied, ca.value.purposesExpress], [express, implied, purposes], text);
    assert.equal(us.value, privacy);
    const back = new GppModel(answer.written);
    assert.deepEqual(back.getFieldValueBySectionId(2, 'VendorConsents'), europe, answer.written);
    assert.deepEqual(back.getFieldValueBySectionId(5, 'VendorExpressConsent'), express, answer.written);
    assert.equal(back.getFieldValueBySectionId(6, 'OptOutSale'), privacy[2]);
  });
});

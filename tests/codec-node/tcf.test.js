// TC strings: what @iabtcf/core writes we read as it was meant, and what we write of it @iabtcf/core reads as it was meant.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PurposeRestriction, Segment, SegmentEncoder, TCModel, TCString } from '@iabtcf/core';
import { generator } from './lib/random.js';
import { ours } from './lib/ours.js';

const COUNT = 250;

/** A model, and the segments that its string gets. */
function model(random) {
  const made = new TCModel();
  Object.assign(made, {
    created: new Date(1700000000000 + random.below(1e9) * 100),
    lastUpdated: new Date(1700000000000 + random.below(1e9) * 100),
    cmpId: 2 + random.below(4000),
    cmpVersion: 1 + random.below(4000),
    consentScreen: random.below(64),
    consentLanguage: random.letters(),
    vendorListVersion: 1 + random.below(4000),
    policyVersion: 4 + random.below(2),
    isServiceSpecific: random.flag(),
    useNonStandardStacks: random.flag(),
    purposeOneTreatment: random.flag(),
    publisherCountryCode: random.letters(),
    numCustomPurposes: random.below(64),
  });
  made.specialFeatureOptins.set(random.numbers(12));
  made.purposeConsents.set(random.numbers(24));
  made.purposeLegitimateInterests.set(random.numbers(24));
  for (const list of ['vendorConsents', 'vendorLegitimateInterests', 'vendorsDisclosed', 'vendorsAllowed']) made[list].set(random.vendors());
  made.publisherConsents.set(random.numbers(24));
  made.publisherLegitimateInterests.set(random.numbers(24));
  made.publisherCustomConsents.set(random.numbers(made.numCustomPurposes));
  made.publisherCustomLegitimateInterests.set(random.numbers(made.numCustomPurposes));
  for (let purposes = random.below(4); purposes > 0; purposes -= 1) {
    const restriction = new PurposeRestriction(1 + random.below(11), random.below(3));
    random.vendors().slice(0, 40).forEach((vendor) => made.publisherRestrictions.add(vendor, restriction));
  }
  // The library joins ranges over vendors that its list lacks: this list lacks none.
  made.publisherRestrictions.gvl = { vendorIds: new Set(Array.from({ length: 3000 }, (_, at) => at + 1)) };
  const further = [Segment.VENDORS_DISCLOSED, Segment.VENDORS_ALLOWED, Segment.PUBLISHER_TC].filter(() => random.flag());
  return { made, segments: [Segment.CORE, ...(random.flag() ? further : further.reverse())] };
}

const list = (vector) => { const found = []; vector.forEach((has, id) => { if (has) found.push(id); }); return found; };

/** A model as our example prints it. */
function shown(made, segments) {
  const restrictions = made.publisherRestrictions.getRestrictions()
    .map((one) => [one.purposeId, one.restrictionType, made.publisherRestrictions.getVendors(one)]);
  return {
    created: Math.round(made.created.getTime() / 100),
    lastUpdated: Math.round(made.lastUpdated.getTime() / 100),
    cmpId: made.cmpId,
    cmpVersion: made.cmpVersion,
    consentScreen: made.consentScreen,
    consentLanguage: made.consentLanguage,
    vendorListVersion: made.vendorListVersion,
    policyVersion: made.policyVersion,
    isServiceSpecific: made.isServiceSpecific,
    useNonStandardTexts: made.useNonStandardStacks,
    specialFeatureOptins: list(made.specialFeatureOptins),
    purposeConsents: list(made.purposeConsents),
    purposeLegitimateInterests: list(made.purposeLegitimateInterests),
    purposeOneTreatment: made.purposeOneTreatment,
    publisherCountryCode: made.publisherCountryCode,
    vendorConsents: list(made.vendorConsents),
    vendorLegitimateInterests: list(made.vendorLegitimateInterests),
    restrictions,
    vendorsDisclosed: segments.includes(Segment.VENDORS_DISCLOSED) ? list(made.vendorsDisclosed) : null,
    vendorsAllowed: segments.includes(Segment.VENDORS_ALLOWED) ? list(made.vendorsAllowed) : null,
    publisher: segments.includes(Segment.PUBLISHER_TC) ? {
      consents: list(made.publisherConsents),
      legitimateInterests: list(made.publisherLegitimateInterests),
      customCount: made.numCustomPurposes,
      customConsents: list(made.publisherCustomConsents),
      customLegitimateInterests: list(made.publisherCustomLegitimateInterests),
    } : null,
  };
}

test('both sides read what the other one writes', () => {
  const random = generator(20);
  const models = Array.from({ length: COUNT }, () => model(random));
  const strings = models.map(({ made, segments }) => segments.map((segment) => SegmentEncoder.encode(made, segment)).join('.'));
  ours('tcf', strings).forEach((answer, at) => {
    const { made, segments } = models[at];
    const expected = shown(made, segments);
    assert.deepEqual(answer.value, expected, `what we read of ${strings[at]}`);
    assert.deepEqual(shown(TCString.decode(answer.written), segments), expected, `what the library reads of ${answer.written}`);
  });
});

test('what the library refuses we refuse too', () => {
  const random = generator(21);
  const { made } = model(random);
  made.vendorConsents.set([1, 900]);
  const core = SegmentEncoder.encode(made, Segment.CORE);
  const broken = [core.slice(0, 60), `${core.slice(0, 50)}!`, `${core}.*`, 'B' + core.slice(1)];
  for (const [at, answer] of ours('tcf', broken).entries()) assert.ok(answer.error, broken[at]);
});

// Which form of the widget this visitor sees, where the site's rules compare several. Fetched beside the widget, on such sites
// alone: gives the guard's hook `variant`. Who has a consent id sees what the id says, for as long as the rules compare the same
// forms. Before the first answer there is no id and no cookie: the form is drawn by lot, and the browser keeps its name and nothing
// else until the visit ends or the visitor answers, or not even that (`keep_variant = false`). The answer then gets a consent id
// that says the same.
(function (w) {
  'use strict';
  var hook = w.__consentry;
  if (hook.variant) return;

  var KEPT = 'consentry-variant';
  var answers = hook.answers, door = hook.door, chosen;

  hook.variant = { dress: dress, id: id, shown: shown, forget: forget };

  // The configuration as this visitor sees it.
  function dress(config) {
    chosen = chosen || choose(config);
    return Object.assign({}, config, {
      variant: chosen.name, look: Object.assign({}, config.look, chosen.look), texts: merged(config.texts || {}, chosen.texts)
    });
  }

  function merged(texts, own) {
    var all = Object.assign({}, texts);
    Object.keys(own).forEach(function (language) { all[language] = Object.assign({}, texts[language], own[language]); });
    return all;
  }

  function choose(config) {
    var own = ofVisitor();
    return own ? pick(config, own) : config.variants.find(function (variant) { return variant.name == kept(); }) || pick(config, made());
  }

  function ofVisitor() {
    var known = door.known();
    return known && known.consentId || answers.id();
  }

  // The share that a text falls into. Other shares move few visitors; other names are another comparison, and mix all anew.
  function pick(config, text) {
    var all = config.variants, names = all.map(function (variant) { return variant.name; });
    var at = hash(names.join() + ':' + text) % 100;
    return all.find(function (variant) { return (at -= variant.share) < 0; }) || all[0];
  }

  // FNV-1a, and the last steps of MurmurHash3: neighbours end up far from each other.
  function hash(text) {
    for (var hash = 0x811c9dc5, at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
    hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
    return (hash ^ hash >>> 16) >>> 0;
  }

  // A UUID of version 4. crypto.randomUUID is for secure pages only.
  function made() {
    var bytes = w.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    return [].map.call(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join('')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  // The consent id of an answer, where the visitor has none: one that says what was shown. A share is 1 % at least, so there is one.
  function id(config) {
    var own = ofVisitor();
    if (own) return own;
    do own = made(); while (pick(config, own) != chosen);
    return own;
  }

  // Counted once for a visit, of who has not answered. Says the name of the form, and nothing of the visitor.
  function shown(config) {
    if (answers.token().cookie.answered || kept() == chosen.name) return;
    try { if (config.keepVariant) w.sessionStorage.setItem(KEPT, chosen.name); } catch (e) {}
    answers.fetch(answers.prefix + 'shown', {
      method: 'POST', credentials: 'same-origin', keepalive: true,
      headers: { 'content-type': 'application/json' }, body: JSON.stringify({ widgetVariant: chosen.name })
    }).catch(door.warn);
  }

  function kept() {
    try { return w.sessionStorage.getItem(KEPT); } catch (e) {}
  }

  // The visitor has answered: the id says it from now on.
  function forget() {
    try { w.sessionStorage.removeItem(KEPT); } catch (e) {}
  }
})(window);

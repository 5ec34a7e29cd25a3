// Beside a snippet that was pasted by hand nothing of ours stands inline: consent signals, and the `gtag('config')` of tags that the
// site's rules name, are in the configuration. Last part of widget.js, and does nothing where the guard is; signals.js, which says
// them, is fetched on sites that have any. No tag comes alive before it has been told what is granted.
(function (w) {
  'use strict';
  var hook = w.__consentry, answers = hook.answers, door = hook.door;
  if (hook.tag || hook.pasted || !door) return;

  // assets.rs puts in the name of that file.
  var FILE = $signals;
  var activate = hook.activate, ready;

  // Under another name where it could not be had: a module's failure is kept.
  function fetched() {
    var address = answers.prefix + 'a/' + FILE;
    return import(address).catch(function () { return import(address + '?again'); });
  }

  // Once; tried again for the next answer where it failed.
  hook.pasted = function () {
    ready = ready || answers.config().then(function (config) {
      hook.told = config.signals;
      return hook.told && fetched().then(function () {
        if (!hook.signal) throw new Error('no signals');
        // What was said while it was on its way.
        var known = door.known();
        if (known) hook.signal({ categories: known.granted, services: known.services });
      });
    });
    ready.catch(function () { ready = null; });
    return ready;
  };

  hook.activate = function (granted) {
    return hook.pasted().then(function () { return activate(granted); });
  };
  hook.pasted().catch(door.warn);
})(window);

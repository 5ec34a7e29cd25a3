// What a script that comes alive after the page is there would have found while it was parsed: document.write() renders where
// the script stands, and the events that have been are told to who listens for them now. Part of the activator, after stubs.js:
// gives the hook `late`. What it changes on `document` and `window` is there only while such scripts run.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.late) return;

  // Script -> {written, calls, onload, report}, while it runs.
  var running = new Map();
  var before = [];

  // `settled` is when an external script has run or failed; inline code has run when `end` is called.
  hook.late = function (script, settled, report) {
    if (!running.size) change();
    running.set(script, { written: '', calls: [], onload: w.onload, report: report });
    if (settled) settled.then(function () { hook.late.end(script); });
  };

  hook.late.end = function (script) {
    var seen = running.get(script);
    running.delete(script);
    if (!running.size) restore();
    if (!seen) return;
    if (seen.written) place(script, seen.written, seen.report);
    if (w.onload && w.onload !== seen.onload && hasBeen('load')) seen.calls.push([w, 'load', w.onload]);
    // After whatever runs now, as the event would have come.
    seen.calls.forEach(function (call) { setTimeout(function () { tell(call[0], call[1], call[2]); }); });
  };

  function current() {
    return running.get(d.currentScript);
  }

  // ---- What is changed meanwhile ----

  function change() {
    own(d, 'write', function (real, args) { collect(real, args, ''); });
    own(d, 'writeln', function (real, args) { collect(real, args, '\n'); });
    own(d, 'addEventListener', listen);
    own(w, 'addEventListener', listen);
  }

  function own(owner, name, handle) {
    var had = Object.getOwnPropertyDescriptor(owner, name), real = owner[name];
    before.push(function () {
      // Unless somebody has put something of their own over ours.
      if (owner[name] !== ours) return;
      if (had) Object.defineProperty(owner, name, had);
      else delete owner[name];
    });
    function ours() {
      return handle.call(this === undefined ? owner : this, real, arguments);
    }
    Object.defineProperty(owner, name, { configurable: true, writable: true, enumerable: false, value: ours });
  }

  function restore() {
    before.splice(0).forEach(function (undo) { undo(); });
  }

  // The parser is past it: written now, it would erase the page or be lost.
  function collect(real, args, end) {
    var seen = current();
    if (!seen) return real.apply(d, args);
    seen.written += [].join.call(args, '') + end;
  }

  function listen(real, args) {
    var seen = current(), type = args[0];
    if (seen && args[1] && isOnce(this, type) && hasBeen(type)) seen.calls.push([this, type, args[1]]);
    else return real.apply(this, args);
  }

  function isOnce(target, type) {
    return type == 'DOMContentLoaded' || (type == 'load' && target === w) || (type == 'readystatechange' && target === d);
  }

  function hasBeen(type) {
    var entry = performance.getEntriesByType('navigation')[0];
    if (!entry) return d.readyState == 'complete';
    return (type == 'DOMContentLoaded' ? entry.domContentLoadedEventStart : entry.loadEventStart) > 0;
  }

  function tell(target, type, listener) {
    var event = new Event(type, { bubbles: type == 'DOMContentLoaded' });
    // Where the listener expects to be told from.
    Object.defineProperty(event, 'target', { value: type == 'load' ? d : target });
    Object.defineProperty(event, 'currentTarget', { value: target });
    if (typeof listener == 'function') listener.call(target, event);
    else listener.handleEvent(event);
  }

  // ---- What was written ----

  // Scripts in it run: that is what createContextualFragment() is for. They may write in turn.
  function place(script, html, report) {
    try {
      var range = d.createRange();
      range.selectNode(script);
      var made = range.createContextualFragment(hook.trust('TrustedHTML', html));
      made.querySelectorAll('script[src]').forEach(function (inner) {
        hook.late(inner, new Promise(function (done) {
          inner.addEventListener('load', done);
          inner.addEventListener('error', done);
        }), report);
      });
      var inline = [].slice.call(made.querySelectorAll('script:not([src])'));
      inline.forEach(function (inner) { hook.late(inner, null, report); });
      script.after(made);
      inline.forEach(function (inner) { hook.late.end(inner); });
    } catch (e) {
      report.failed++;
    }
  }
})(window, document);

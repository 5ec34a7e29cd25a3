// Activation: brings neutralised elements (docs/neutral-form.md) back to life when what their marks name is granted.
// With stubs.js and late.js before it a module of its own (D6): it knows the neutral form, nothing of the widget. Adds one method to
// the guard's hook: __consentry.activate({categories: ['statistics'], services: {'meta-pixel': false}}) -> Promise.
//
// Order. Where the parser would have waited for a script, we wait: an inline script runs after every external one before
// it, external ones are fetched together and run in order, then come `defer` and modules, after the document is parsed.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.activate) return;

  var MARK = 'data-consentry';
  // By these another tool on the page would find an element: they stay as they are.
  var TOOL = MARK + '-tool-';
  var SVG = 'http://www.w3.org/2000/svg';
  var XLINK = 'http://www.w3.org/1999/xlink';
  var JAVASCRIPT = /^(|(application|text)\/(x-)?(java|ecma)script|text\/(javascript1\.[0-5]|jscript|livescript))$/;
  var claimed = new WeakSet();
  // Runs never overlap: a second answer waits until the scripts of the first have run.
  var last = Promise.resolve();

  // One element alone, for this once: what the visitor asked for where it stands.
  hook.activateOne = function (element) {
    claimed.add(element);
    restore(describe(element), { elements: 0, failed: 0 });
  };

  hook.activate = function (granted) {
    last = last.then(function () { return run(granted); }, function () { return run(granted); });
    return last;
  };

  function run(granted) {
    var report = { scripts: 0, elements: 0, failed: 0, refused: 0 };
    var elements = [].filter.call(d.querySelectorAll('[' + MARK + ']'), function (element) {
      return !claimed.has(element) && isGranted(element.getAttribute(MARK), granted) && claimed.add(element);
    });
    var jobs = elements.map(describe);
    // For what is made from now on, also by the scripts that are about to run.
    hook.granted = granted;
    var stubs = hook.release(function (mark) { return isGranted(mark, granted); });
    jobs.filter(function (job) { return job.kind == 'element'; }).forEach(function (job) { restore(job, report); });
    jobs.filter(function (job) { return job.kind == 'markup'; }).forEach(function (job) { unfold(job, granted, report); });
    restoreFrames(granted);
    restoreSheets(granted);
    // What waits in the guard, in the order in which it was made.
    if (hook.grant) hook.grant(granted);
    // Replay does not wait for what is async: it waits, stub by stub, for the scripts of the stub's own services.
    return inOrder(jobs, report).then(function () {
      stubs.forEach(function (stub) { hook.replayAfter(stub, jobs); });
      return report;
    });
  }

  // Every mark of the element must be granted: `marketing:meta-pixel`, `statistics:` (a category that the page named).
  function isGranted(marks, granted) {
    return marks.split(',').every(function (mark) {
      var part = mark.trim().split(':'), own = part[1] && granted.services && granted.services[part[1]];
      // A page's `!name`: for visitors who refused it.
      if (part[0].charAt(0) == '!') return granted.categories.indexOf(part[0].slice(1)) < 0;
      return own === undefined || own === '' ? granted.categories.indexOf(part[0]) >= 0 : own === true;
    });
  }

  // URLs of stylesheet text carry their mark themselves: `url(about:invalid#consentry=marketing:x;//x.example/y.png)`.
  function restoreSheets(granted) {
    var prefix = /about:invalid#consentry=([^;]*);/g;
    function restored(text) {
      return text.replace(prefix, function (whole, marks) { return isGranted(marks, granted) ? '' : whole; });
    }
    d.querySelectorAll('[style*="#consentry="]').forEach(function (element) {
      // Rule by rule: setting the attribute as a whole would be an inline style to the page's policy.
      [].slice.call(element.style).forEach(function (name) {
        var value = element.style.getPropertyValue(name), live = restored(value);
        if (live != value) element.style.setProperty(name, live, element.style.getPropertyPriority(name));
      });
    });
    d.querySelectorAll('style').forEach(function (sheet) {
      var text = sheet.textContent, live = restored(text);
      if (live != text) sheet.textContent = live;
    });
  }

  // What stands in a frame's `srcdoc` carries its marks in there. The frame begins anew with what is granted.
  function restoreFrames(granted) {
    d.querySelectorAll('iframe[srcdoc*="' + MARK + '="]').forEach(function (frame) {
      var live = restoredMarkup(frame.getAttribute('srcdoc'), granted);
      if (live) set(frame, 'srcdoc', live);
    });
  }

  // Markup with what is granted made live; nothing where nothing is.
  function restoredMarkup(html, granted) {
    var doc = new DOMParser().parseFromString(trust('TrustedHTML', html), 'text/html'), count = 0;
    doc.querySelectorAll('[' + MARK + ']').forEach(function (element) {
      if (!isGranted(element.getAttribute(MARK), granted)) return;
      count++;
      if (element.localName == 'script') element.removeAttribute('type');
      [].slice.call(element.attributes).forEach(function (attribute) {
        var name = attribute.name;
        if (name.indexOf(MARK) || !name.indexOf(TOOL)) return;
        element.removeAttribute(name);
        if (name != MARK) element.setAttribute(name.slice(MARK.length + 1), attribute.value);
      });
    });
    doc.querySelectorAll('iframe[srcdoc*="' + MARK + '="]').forEach(function (frame) {
      var live = restoredMarkup(frame.getAttribute('srcdoc'), granted);
      if (live) {
        set(frame, 'srcdoc', live);
        count++;
      }
    });
    var doctype = /^\s*<!doctype/i.test(html) ? '<!DOCTYPE html>' : '';
    return count && doctype + doc.documentElement.outerHTML;
  }

  // ---- What an element is ----

  function describe(element) {
    var job = { element: element, services: servicesOf(element), kind: 'element' };
    // Didomi's way to write markup that waits.
    if (element.localName == 'script' && element.getAttribute(MARK + '-type') == 'didomi/html') {
      job.kind = 'markup';
    } else if (element.localName == 'script') {
      var type = (element.getAttribute(MARK + '-type') || '').trim().toLowerCase();
      var module = type == 'module', external = !!sourceOf(element);
      job.type = type;
      job.external = external;
      job.runs = (module || JAVASCRIPT.test(type)) && !(element.noModule && !module);
      job.isAsync = element.hasAttribute('async') && (external || module);
      job.late = job.runs && !job.isAsync && (module || (external && element.hasAttribute('defer')));
      job.kind = 'script';
    }
    return job;
  }

  function servicesOf(element) {
    return element.getAttribute(MARK).split(',').map(function (mark) { return mark.split(':')[1]; });
  }

  // The name of the attribute that becomes `src` (for SVG: `href`), or nothing for inline code. A script that came inert
  // by the page's own label keeps its `data-src`; live inline code may have an attribute of that name for itself.
  function sourceOf(element) {
    var names = element.namespaceURI == SVG ? ['-href', '-xlink:href'] : ['-src'];
    var found = names.find(function (name) { return element.hasAttribute(MARK + name); });
    return found ? MARK + found : element.hasAttribute('data-src') && !element.textContent.trim() && 'data-src';
  }

  // ---- Scripts, in order ----

  function inOrder(jobs, report) {
    var scripts = jobs.filter(function (job) { return job.kind == 'script'; });
    var pending = [];
    var now = scripts.filter(function (job) { return !job.late; }).reduce(function (before, job) {
      return before.then(function () {
        var barrier = job.external && !job.isAsync ? null : Promise.all(pending);
        return barrier ? barrier.then(function () { pending = []; return start(job, report); }) : start(job, report);
      }).then(function () {
        if (job.external && job.runs && !job.isAsync) pending.push(job.settled);
      });
    }, Promise.resolve());
    return now.then(function () { return Promise.all(pending); }).then(parsed).then(function () {
      return Promise.all(scripts.filter(function (job) { return job.late; }).map(function (job) {
        start(job, report);
        return job.settled;
      }));
    });
  }

  function parsed() {
    return d.readyState != 'loading' ? undefined : new Promise(function (done) {
      d.addEventListener('DOMContentLoaded', done, { once: true });
    });
  }

  // Puts the live script where the inert one stands. `job.settled` is when it has run or failed.
  function start(job, report) {
    var old = job.element, script;
    job.settled = Promise.resolve();
    if (!old.isConnected) return;
    try {
      script = unguarded(function () { return revive(job); });
    } catch (e) {
      // Trusted Types without a policy of ours: only the server can make this one live.
      report.refused++;
      return;
    }
    if (job.external && job.runs) {
      job.settled = new Promise(function (done) {
        script.addEventListener('load', done);
        script.addEventListener('error', function () { report.failed++; done(); });
      });
    }
    report.scripts++;
    // What it writes, and the events that it comes too late for: late.js.
    if (job.runs) hook.late(script, job.external ? job.settled : null, report);
    function insert() {
      if (script === old) old.parentNode.insertBefore(script, old.nextSibling);
      else old.parentNode.replaceChild(script, old);
    }
    // What inline code does while it is inserted is judged.
    if (job.external) unguarded(insert);
    else insert();
    if (job.runs && !job.external) hook.late.end(script);
  }

  // The guard judges by address; what stands here was judged by its mark, which the page's own label may have made.
  function unguarded(work) {
    hook.free = true;
    try {
      return work();
    } finally {
      hook.free = false;
    }
  }

  function revive(job) {
    try {
      return recreate(job);
    } catch (e) {
      // Trusted Types refuse our policy: the same node, inserted again, needs none for inline code where the browser
      // follows the standard (Firefox does not: it takes an inert script for one that has started, bugzilla 1735590).
      return reuse(job);
    }
  }

  function recreate(job) {
    var old = job.element, source = sourceOf(old);
    var script = d.createElementNS(old.namespaceURI, 'script');
    [].forEach.call(old.attributes, function (attribute) {
      var name = liveName(attribute.name, source);
      // A duplicate that was renamed with the first: the first counts.
      if (!name || script.hasAttribute(name)) return;
      if (name == attribute.name && !trusted(script, name)) script.setAttributeNode(attribute.cloneNode());
      else set(script, name, attribute.value);
    });
    // The attribute is empty once the element is in a page with a policy; the property keeps the nonce.
    if (old.nonce) script.nonce = old.nonce;
    if (!job.isAsync) script.async = false;
    var code = old.textContent;
    if (code) script.textContent = trust('TrustedScript', code);
    return script;
  }

  function reuse(job) {
    var script = job.element, source = sourceOf(script);
    script.removeAttribute('type');
    [].slice.call(script.attributes).forEach(function (attribute) {
      var name = liveName(attribute.name, source);
      if (name == attribute.name) return;
      script.removeAttribute(attribute.name);
      if (name) script.setAttribute(name, attribute.value);
    });
    if (!job.isAsync) script.async = false;
    return script;
  }

  // The name that an attribute of a script has when it is live; nothing for what only the neutral form has.
  function liveName(name, source) {
    if (!name.indexOf(TOOL)) return name == TOOL + 'type' ? '' : name;
    if (name == source) return name == 'data-src' ? 'src' : name.slice(MARK.length + 1);
    if (name == MARK || name == 'type') return '';
    return name.indexOf(MARK + '-') ? name : name.slice(MARK.length + 1);
  }

  // ---- Everything else: the attributes come back in place ----

  function restore(job, report) {
    var element = job.element;
    [].slice.call(element.attributes).forEach(function (attribute) {
      if (attribute.name.indexOf(MARK + '-') || !attribute.name.indexOf(TOOL)) return;
      try {
        unguarded(function () { set(element, attribute.name.slice(MARK.length + 1), attribute.value); });
        element.removeAttribute(attribute.name);
      } catch (e) {
        report.failed++;
      }
    });
    element.removeAttribute(MARK);
    // A media element has made its choice among its sources before they had an address.
    if (element.localName == 'source' && element.parentNode && element.parentNode.load) element.parentNode.load();
    report.elements++;
  }

  // A script that stands for markup becomes a `div` with that for its content; scripts in it run.
  function unfold(job, granted, report) {
    var old = job.element, div = d.createElement('div'), html = old.textContent;
    try {
      [].forEach.call(old.attributes, function (attribute) {
        if (attribute.name != 'type' && attribute.name.indexOf(MARK)) div.setAttributeNode(attribute.cloneNode());
      });
      var range = d.createRange();
      range.selectNode(old);
      div.appendChild(range.createContextualFragment(trust('TrustedHTML', restoredMarkup(html, granted) || html)));
      old.parentNode.replaceChild(div, old);
      report.elements++;
    } catch (e) {
      report.failed++;
    }
  }

  // The kind of Trusted Type that an attribute takes, if any.
  function trusted(element, name) {
    return w.trustedTypes && w.trustedTypes.getAttributeType(element.localName, name, element.namespaceURI);
  }

  function set(element, name, value) {
    var kind = trusted(element, name);
    value = kind ? trust(kind, value) : value;
    if (name == 'xlink:href') element.setAttributeNS(XLINK, name, value);
    else element.setAttribute(name, value);
  }

  hook.trust = trust;

  // The page's own text goes back to where it was: nothing is trusted that the parser had not been given already.
  function trust(kind, text) {
    if (!w.trustedTypes) return text;
    if (hook.policy === undefined) {
      try {
        hook.policy = w.trustedTypes.createPolicy('consentry', { createHTML: same, createScript: same, createScriptURL: same });
      } catch (e) {
        hook.policy = null;
      }
    }
    return hook.policy ? hook.policy['create' + kind.slice('Trusted'.length)](text) : text;
  }

  function same(text) {
    return text;
  }
})(window, document);

// The guard: the first script of a page, inline. Its text is the same on every page of every site, so that one CSP hash
// covers it (D11); what differs is in the attributes of its own tag. It does four things:
//  - stubs for the globals of services that may not run yet (D12), so that the page's own calls do not throw;
//  - a look at the companion cookie when a page comes back from a cache of the browser (pitfall 48);
//  - a second try for our other scripts where a policy knows ours only by the guard's hash ('strict-dynamic');
//  - what scripts make at run time has to wait until it is known whether it may go: hold.js, the same script's second part.
// ASCII only (pitfall 72). What is served is this text without whole-line comments and indentation: see assets.rs.
(function (w, d) {
try {
  if (w.__consentry) return;
  var tag = d.currentScript, data = tag.dataset, own = location.origin + data.prefix, stubs = {}, hook = { tag: tag, token: data.token, stubs: stubs };
  // What activate.js and widget.js need of the guard. Private: names in here may change with any release.
  Object.defineProperty(w, '__consentry', { value: hook });

  function quiet(fn) {
    return function (arg) {
      try { fn(arg); } catch {}
    };
  }

  // "gtag:f:statistics:google-analytics,marketing:google-ads ttq.track:f:marketing:tiktok": name or path, kind (function,
  // array, object), and the marks of the services whose name it is.
  data.globals.split(' ').forEach(quiet(function (entry) {
    var part = entry.split(':'), path = part[0].split('.'), leaf = path.pop(), kind = part[1], queue = [], at = w;
    function record() {
      hook.honour?.(arguments);
      return kind == 'a' ? [].push.apply(queue, arguments) : void queue.push(arguments);
    }
    path.forEach(function (name) {
      at = at[name] = at[name] || {};
    });
    if (!leaf || leaf in at) return;
    if (kind == 'a') Object.defineProperty(queue, 'push', { configurable: true, writable: true, value: record });
    stubs[part[0]] = part;
    part.queue = queue;
    part.value = at[leaf] = kind == 'f' ? record : kind == 'a' ? queue : {};
  }));

  // A page is stale when the answer in its token is not the cookie's. The rules' version does not count: the cookie has
  // that of the day of the answer. A token is "<granted>.<refused>.<version>[.<services>]"; uniform pages have none. What
  // stands behind a ~ was not said by the visitor.
  function answer(token) {
    return token.replace(/^(\w*\.\w*)\.\w*|~.*/g, '$1');
  }
  hook.cookie = function () {
    return ('; ' + d.cookie).match('; ' + data.cookie + '_v=([^;]*)')?.[1] || '0.0.';
  };
  // A reload is neither persisted nor a step through the history: it does not come here again.
  var check = quiet(function (event) {
    var entry = performance.getEntriesByType('navigation')[0];
    if (/^pre|true|back|fetch/.test(event.type + event.persisted + entry.type + entry.deliveryType) && hook.token && answer(hook.cookie()) != answer(hook.token)) location.reload();
  });
  w.addEventListener('pageshow', check, true);
  w.addEventListener('prerenderingchange', check, true);

  // The kinds of Trusted Types, for text that the page itself has given.
  function trust(kind, text) {
    return w.trustedTypes ? (hook.policy = hook.policy || w.trustedTypes.createPolicy('consentry', { createHTML: String, createScript: String, createScriptURL: String }))['create' + kind](text) : text;
  }

  // What a trusted script creates may load under 'strict-dynamic'; the tags after this one may not.
  w.addEventListener('error', quiet(function (event) {
    var failed = event.target, again = d.createElement('script');
    if (failed.localName != 'script' || failed.src.indexOf(own)) return;
    if (failed.again) return hook.giveUp();
    again.again = 1;
    again.src = trust('ScriptURL', failed.src);
    tag.after(again);
  }), true);

  // Without the address of rules.js everything may run on this page.
  if (data.rules) hold();
  '@@hold.js@@';
} catch {}
})(window, document);

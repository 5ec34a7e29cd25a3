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
  var tag = d.currentScript, data = tag.dataset, stubs = {}, hook = { tag: tag, token: data.token, stubs: stubs };
  // What activate.js and widget.js need of the guard. Private: names in here may change with any release.
  Object.defineProperty(w, '__consentry', { value: hook });

  function quiet(fn) {
    return function (arg) {
      try { fn(arg); } catch {}
    };
  }

  // A link or a form that waits for a tracker's callback must work without the tracker. Whoever comes first calls it,
  // we or, after consent, the vendor; the other's call does nothing.
  var honour = quiet(function (list) {
    [].forEach.call(list, function (item) {
      if (Object(item) !== item) return;
      ['eventCallback', 'event_callback', 'hitCallback', 'callback'].forEach(function (key) {
        var fn = item[key];
        if (fn?.call) setTimeout(item[key] = function () {
          var once = fn;
          fn = null;
          return once?.apply(this, arguments);
        });
      });
      // The arguments of gtag() come as one item of dataLayer.push().
      if (item.length && !item.charAt && !item.call) honour(item);
    });
  });

  // "gtag:f:statistics:google-analytics,marketing:google-ads ttq.track:f:marketing:tiktok": name or path, kind (function,
  // array, object), and the marks of the services whose name it is.
  data.globals.split(' ').forEach(quiet(function (entry) {
    var part = entry.split(':'), path = part[0].split('.'), leaf = path.pop(), kind = part[1], queue = [], at = w;
    function record() {
      honour(arguments);
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
    return token.replace(/~.*/, '').replace(/^(\w*\.\w*)\.\w*/, '$1');
  }
  hook.cookie = function () {
    return d.cookie.match('(?:^|; )' + data.cookie + '_v=([^;]*)')?.[1] || '0.0.';
  };
  var check = quiet(function () {
    if (hook.token && answer(hook.cookie()) != answer(hook.token)) location.reload();
  });
  // A reload is neither persisted nor a step through the history: it does not come here again.
  w.addEventListener('pageshow', quiet(function (event) {
    var entry = performance.getEntriesByType('navigation')[0] || {};
    if (event.persisted || /^back|prefetch$/.test(entry.type + entry.deliveryType)) check();
  }));
  d.addEventListener('prerenderingchange', check);

  // The kinds of Trusted Types, for text that the page itself has given.
  function trust(kind, text) {
    function same(text) { return text; }
    var types = w.trustedTypes;
    if (types) hook.policy = hook.policy || types.createPolicy('consentry', { createHTML: same, createScript: same, createScriptURL: same });
    return types ? hook.policy['create' + kind](text) : text;
  }

  // What a trusted script creates may load under 'strict-dynamic'; the tags after this one may not.
  w.addEventListener('error', quiet(function (event) {
    var failed = event.target, again = d.createElement('script');
    if (failed.localName != 'script' || failed.src.indexOf(location.origin + data.prefix)) return;
    if (failed.again) return hook.giveUp?.();
    again.again = 1;
    again.src = trust('ScriptURL', failed.src);
    tag.after(again);
  }), true);

  // Without the address of rules.js everything may run on this page.
  if (data.rules) hold();
  '@@hold.js@@';
} catch {}
})(window, document);

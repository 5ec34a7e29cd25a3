// After a withdrawal: what its services have left in the browser and scripts can reach goes, cookies and storage. What scripts cannot reach
// (HttpOnly) the gateway ends with the answer. A part of its own, which the door fetches then: gives the hook `purge`.
(function (w, d) {
  'use strict';
  var hook = w.__consentry, KEY = 'consentry-purge';
  if (hook.purge) return;

  // Names as the rules have them, `*` for any run of characters. They are kept over a reload: what still runs could write them
  // again while the page goes.
  hook.purge = function (names, reloads) {
    names.forEach(function (name) {
      var pattern = new RegExp('^' + name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*') + '$');
      cookies().filter(function (cookie) { return pattern.test(cookie); }).forEach(end);
      ['localStorage', 'sessionStorage'].forEach(function (kind) {
        try {
          Object.keys(w[kind]).filter(function (key) { return pattern.test(key); }).forEach(function (key) { w[kind].removeItem(key); });
        } catch (e) {}
      });
    });
    try {
      if (reloads) w.sessionStorage.setItem(KEY, JSON.stringify(names));
    } catch (e) {}
  };

  // The rest of the page before.
  try {
    var kept = JSON.parse(w.sessionStorage.getItem(KEY));
    w.sessionStorage.removeItem(KEY);
    if (kept) hook.purge(kept);
  } catch (e) {}

  function cookies() {
    return d.cookie.split('; ').map(function (pair) { return pair.split('=')[0]; }).filter(Boolean);
  }

  // For this host and each domain above it, at the root and at each folder of this page's path.
  function end(name) {
    var labels = location.hostname.split('.'), folders = location.pathname.split('/');
    var domains = labels.map(function (label, at) { return ';domain=' + labels.slice(at).join('.'); }).concat('');
    folders.forEach(function (folder, at) {
      var path = folders.slice(0, at).join('/') + '/', bare = folders.slice(0, at + 1).join('/') || '/';
      [path, bare].forEach(function (path) {
        domains.forEach(function (domain) {
          d.cookie = name + '=;max-age=0;path=' + path + domain;
          d.cookie = name + '=;max-age=0;secure;samesite=none;partitioned;path=' + path + domain;
        });
      });
    });
  }
})(window, document);

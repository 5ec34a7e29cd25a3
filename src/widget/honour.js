// A link or a form that waits for a tracker's callback must work without the tracker. Whoever comes first calls it, we or,
// after consent, the vendor; the other's call does nothing. Behind rules.js in one file: a page with stubs has it.
// Not strict: what the page has frozen is left as it is.
(function (w) {
  var hook = w.__consentry;
  if (!hook || hook.honour) return;

  function honour(list) {
    [].forEach.call(list, function (item) {
      if (Object(item) !== item) return;
      ['eventCallback', 'event_callback', 'hitCallback', 'callback'].forEach(function (key) {
        var call = item[key];
        if (typeof call != 'function') return;
        setTimeout(item[key] = function () {
          var once = call;
          call = null;
          return once ? once.apply(this, arguments) : undefined;
        });
      });
      // The arguments of gtag() come as one item of dataLayer.push().
      if (item.length && typeof item != 'function') honour(item);
    });
  }

  hook.honour = function (list) {
    // What the page gives may throw when it is looked at, and must not make the page's own call throw.
    try { honour(list); } catch (e) {}
  };
  // What was called before this file was there.
  Object.keys(hook.stubs).forEach(function (name) { hook.honour(hook.stubs[name].queue); });
})(window);

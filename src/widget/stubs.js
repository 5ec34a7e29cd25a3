// What becomes of the guard's stubs (D12) when their services are granted. First part of the bundle and of activate.js's
// asset; gives the guard's hook `release` and `replayAfter`.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  // A snippet that was pasted by hand has no guard, and no stubs.
  if (!hook) Object.defineProperty(w, '__consentry', { value: (hook = { stubs: {} }) });
  if (hook.release) return;

  // Names on window that we hide from bootstraps: {value, stubs}.
  var hidden = {};
  hook.release = release;
  hook.replayAfter = replayAfter;

  // Frees the names of granted services, so that their bootstraps find the place empty, and returns their stubs. An array
  // or an object is what a bootstrap expects to find: it stays, without our push. A function, or an object that we made
  // to hold one (`ttq` for `ttq.track`), must not be seen.
  function release(isGranted) {
    var free = Object.keys(hook.stubs).filter(function (name) {
      return marksOf(hook.stubs[name]).some(isGranted);
    }).map(function (name) {
      var stub = hook.stubs[name], root = name.split('.')[0];
      delete hook.stubs[name];
      if (stub[1] == 'a') delete stub.queue.push;
      // Unless the page has put something of its own there.
      if (stub[1] == 'f' && follow(name.split('.')) === stub.value) hide(root, w[root], stub);
      return stub;
    });
    free.forEach(function (stub) { stub.place = hidden[stub[0].split('.')[0]]; });
    return free;
  }

  // "gtag:f:statistics:google-analytics,marketing:google-ads", split at the colons by the guard: any service's grant frees
  // the name.
  function marksOf(stub) {
    return stub.slice(2).join(':').split(',');
  }

  // While a script's top level runs, a bootstrap may ask `if (w.fbq) return`: it must see nothing. At any other time the
  // page's own code may call: it still finds the stub. The first assignment or declaration of the name ends it.
  function hide(name, value, stub) {
    var place = hidden[name];
    if (place) return place.stubs.push(stub);
    place = hidden[name] = { value: value, stubs: [stub] };
    Object.defineProperty(w, name, {
      configurable: true,
      enumerable: true,
      get: function () { return d.currentScript ? undefined : value; },
      set: function (real) {
        Object.defineProperty(w, name, { configurable: true, enumerable: true, writable: true, value: real });
        setTimeout(function () { place.stubs.forEach(replay); });
      }
    });
  }

  // Each job of an activation has the services of its marks, and `settled` if it is a script.
  function replayAfter(stub, jobs) {
    var services = marksOf(stub).map(function (mark) { return mark.split(':')[1]; });
    var own = jobs.filter(function (job) {
      return job.settled && job.services.some(function (service) { return services.indexOf(service) >= 0; });
    });
    Promise.all(own.map(function (job) { return job.settled; })).then(function () {
      stub.ready = true;
      replay(stub);
    });
  }

  // The page's calls, in order, to the real one. Not yet there (a tag manager brings it later): they stay in the stub. An
  // array in its own place has been taken over by the bootstrap, which knows how to read it.
  function replay(stub) {
    var path = stub[0].split('.'), leaf = path.pop();
    if (!stub.ready || !stub.place || w[stub[0].split('.')[0]] === stub.place.value) return;
    var at = follow(path);
    var real = at && at[leaf];
    if (stub[1] == 'f' && typeof real == 'function') {
      stub.queue.splice(0).forEach(function (args) { attempt(real, at, args); });
    } else if (stub[1] == 'a' && real && real !== stub.queue && typeof real.push == 'function') {
      stub.queue.splice(0).forEach(function (item) { attempt(real.push, real, [item]); });
    }
  }

  function follow(path) {
    return path.reduce(function (value, name) { return value && value[name]; }, w);
  }

  // An error of the page's or the vendor's is reported as one, and does not end the replay.
  function attempt(fn, self, args) {
    try {
      fn.apply(self, args);
    } catch (e) {
      setTimeout(function () { throw e; });
    }
  }
})(window, document);

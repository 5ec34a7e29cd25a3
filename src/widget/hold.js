// What scripts make at run time has to wait here until it is known whether it may go. Stands inside of guard.js.
//
// rules.js brings the judgement (`hook.judge`), and watches the rest. Until it is there an attribute that would fetch has
// its neutral name (docs/neutral-form.md) and requests wait; what cannot wait is blocked if it leads elsewhere. Three
// seconds without it, and all that leads elsewhere is. Nothing here may break the page: setters keep their meaning.
function hold() {
  const held = [], requests = new WeakMap();
  const site = '.' + location.hostname.replace(/^www\./, '');
  const MARK = 'data-consentry-', NAMES = 'src srcset href data poster';
  const FETCHES = /^(?!(a|area|base) )[^- ]+ (src|srcset|poster|href)$|^object data$/i;
  const { getAttribute, setAttribute, removeAttribute } = w.Element.prototype;

  // ---- Who has to wait ----

  const elsewhere = (url) => ('.' + url.hostname).endsWith(site) || site.endsWith('.' + url.hostname) ? undefined : '';

  // What must be granted for an address: nothing (undefined) or a mark; '' while nobody knows. `now`: 1 for what cannot wait, 2 for
  // what need not where it is the site's own. `hook.free`: activate.js is at
  // work, which the page's own labels may have told otherwise.
  const needs = (text, now) => {
    try {
      const url = new URL(text, d.baseURI);
      if (hook.free || !/^(http|ws)/.test(url) || /^\s*(#|$)/.test(text) || !url.href.indexOf(own)) return;
      return hook.judge ? hook.judge(url, now) : now ? elsewhere(url) : '';
    } catch {}
  };

  // True: it has to wait. `go` is called once it may go, `stop` when that takes the visitor's consent.
  const waits = (url, go, stop, now) => {
    if (needs(url, now) === undefined) return;
    if (stop && hook.judge) stop = void setTimeout(stop);
    return held.length > 999 || held.push([url, go, stop]);
  };

  // In the order in which it was made.
  hook.settle = () => held.splice(0).forEach(quiet(([url, go, stop]) => waits(url, go, stop) || go()));
  hook.giveUp = () => {
    hook.judge = hook.judge || elsewhere;
    hook.settle();
  };
  setTimeout(hook.giveUp, 3000);

  const blocked = (url) => needs(url, 1) !== undefined;

  // Methods and setters alike, of an interface by its name or of an object: `handle` is given what they are called with, and
  // what calls the real one; `read` may answer instead of the getter.
  const wrap = (owner, names, handle, read) => names.split(' ').forEach((name) => {
    const target = w[owner]?.prototype || owner, real = Object.getOwnPropertyDescriptor(target, name), kind = real?.set ? 'set' : 'value', call = real?.[kind];
    call && Object.defineProperty(target, name, {
      ...real,
      [kind](...args) { return handle(this, args, () => call.apply(this, args), name); },
      ...read && { get() { return read(this, name) || real.get.call(this); } }
    });
  });

  // ---- Elements ----

  const kept = (self, name) => getAttribute.call(self, MARK + name);

  // True: the attribute has its neutral name.
  const keeps = (self, name, value) => {
    removeAttribute.call(self, MARK + name);
    return FETCHES.test(self.localName + ' ' + name) && (name == 'srcset' ? (value + '').split(/,?\s+/) : [value])
      .some((url) => waits(url, () => release(self))) && !setAttribute.call(self, MARK + name, value);
  };

  // What the server made inert has a mark, and is activate.js's.
  const release = (self) => self.hasAttribute('data-consentry') || NAMES.split(' ').forEach((name) => {
    const value = kept(self, name);
    if (value && !keeps(self, name, value)) setAttribute.call(self, name, self.text === undefined ? value : trust('ScriptURL', value));
  });

  // ---- Stylesheet text, with the prefix of docs/neutral-form.md ----

  // A text, or a node with one.
  const disarm = (text, self) => {
    if (text?.data) text.data = disarm(text.data, self);
    return text?.replace ? text.replace(/(url\(\s*["']?|@import\s*["'])([^"')]+)/gi, (whole, before, url) =>
      waits(url, () => hook.sheets(self), 0, 2) ? before + `about:invalid#consentry=${needs(url)};` + url : whole) : text;
  };

  // ---- Markup: the same in the page's own text ----

  const markup = (html, self, now) => {
    const root = self.getRootNode?.() || d;
    const safe = disarm(html + '', self).replace(/<([a-z]+)\b("[^"]*"|'[^']*'|[^"'>])*/gi, (tag, name) =>
      tag.replace(/([\s"'\/])([a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, (whole, before, attribute, value) =>
        FETCHES.test(name + ' ' + attribute) && waits(value.replace(/["']/g, ''), () => root.querySelectorAll(NAMES.split(' ').map((name) => `[${MARK + name}]`)).forEach(release), 0, now)
          ? before + MARK + whole.slice(1) : whole));
    return safe == html + '' ? html : trust('HTML', safe);
  };
  const each = (change) => (self, args, go) => go(args.forEach((text, at) => { args[at] = change(text, self); }));
  // PERF: the kinds are picked out of all names; each look at a property that is not there costs a microsecond.
  Object.getOwnPropertyNames(w).forEach((owner) => {
    if (/^HTML(S[co]|[IF]|Em|Tr|Me|Vi|Li|Ob)/.test(owner)) wrap(owner, NAMES, (self, args, go, name) => keeps(self, name, args[0]) || go(), (self, name) => {
      const value = kept(self, name);
      return value && name != 'srcset' ? new URL(value, d.baseURI).href : value;
    });
    if (!/^(CSS[SG]|Range|DOMP|Shad|Elem|Node)/.test(owner)) return;
    wrap(owner, 'innerHTML outerHTML createContextualFragment parseFromString insertAdjacentHTML', each(markup));
    wrap(owner, 'cssText setProperty insertRule replace replaceSync', each(disarm));
    wrap(owner, 'textContent append appendChild insertBefore', (self, args, go) =>
      self.localName == 'style' ? each(disarm)(self, args, go) : go());
    wrap(owner, 'setAttribute setAttributeNS', (self, args, go) =>
      /^style$/i.test(args[0]) ? each(disarm)(self, args, go) : keeps(self, ...args.slice(-2)) ? undefined : go());
  });
  wrap('Document', 'write writeln', each((html, self) => markup(html, self, 1)));

  // ---- Requests ----

  // A sender that tries again until it gets through has got through.
  const promise = (stop) => (self, args, go) => new Promise((done) => {
    const send = () => done(go());
    waits(args[0].url || args[0], send, stop && (() => done(stop()))) || send();
  });
  wrap(w, 'fetch', promise(() => new Response()));
  wrap('ServiceWorkerContainer', 'register', promise());
  wrap('Navigator', 'sendBeacon', (self, args, go) => !!waits(args[0], go) || go());

  // Aborted or opened anew: the arguments are not those it was sent with.
  wrap('XMLHttpRequest', 'open abort', (self, args, go) => go(requests.set(self, args)));
  wrap('XMLHttpRequest', 'send', (self, args, go) => {
    const call = requests.get(self) || [], [, url, async = true] = call;
    const still = () => requests.get(self) == call;
    if (!async && blocked(url)) throw new DOMException('', 'NetworkError');
    async && waits(url, () => still() && go(), () => still() && ['error', 'loadend'].forEach((type) => self.dispatchEvent(new ProgressEvent(type)), requests.set(self))) || go();
  });

  // An object that has failed: rules.js makes it look so.
  'WebSocket EventSource Worker SharedWorker Audio'.split(' ').forEach(quiet((name) => {
    w[name] = new Proxy(w[name], {
      construct: (real, args, target) => !blocked(args[0]) ? Reflect.construct(real, args, target)
        : name == 'Audio' ? Object.assign(new real(), { src: args[0] }) : (hook.fail || Object)(new EventTarget())
    });
  }));
  Object.assign(hook, { needs, waits, wrap, keeps, kept, disarm, each });
}

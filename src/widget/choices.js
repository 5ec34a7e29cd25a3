// The second layer: every category and, folded out, its services. A part of its own, which the door fetches when the visitor opens the
// choices: gives the hook `choices`, by which the panel makes it.
(function (w) {
  'use strict';
  var hook = w.__consentry;
  if (hook.choices || !hook.place) return;

  // assets.rs puts these in: the English texts of this layer, and its style sheet.
  var ENGLISH = $english, CSS = $style;
  var place = hook.place, node = place.node, button = place.button, ruled = place.ruled, panel, text;

  hook.choices = function (config, view) {
    if (!panel) {
      // It may come before the rest of the widget.
      panel = hook.panel;
      text = panel.text;
      panel.add(ENGLISH, CSS);
    }
    var id = view.id(), groups = config.categories.map(function (category) { return group(category, view); });
    return panel.frame(text('choicesTitle'), text('choicesIntro', { days: config.lifetimeDays }), view, [
      view.gpc && node('p', {}, [text('signal')]),
      node('div', { class: 'groups' }, groups.map(function (g) { return g.node; })),
      id && identity(id),
      node('p', { class: 'status', role: 'status' }),
      panel.actions([['accept', view.on.accept], ['refuse', view.on.refuse], ['save', function () { view.on.save(collect(groups)); }]]),
      button(text(view.opened == 'choose' ? 'back' : 'close'), view.on.close, 'plain')
    ]);
  };

  function categoryText(category, part) {
    var own = text('categories')[category.name] || {};
    return ruled(category[part], own[part]) || (part == 'label' ? category.name : '');
  }

  function checkbox(id, checked, fixed, described, change) {
    var input = node('input', { type: 'checkbox', id: id, disabled: fixed, 'aria-describedby': described, change: change });
    input.checked = checked;
    return input;
  }

  // A category, and its services to fold out. The category's box sets all of them; a service may deviate.
  function group(category, view) {
    var id = 'category-' + category.number, description = categoryText(category, 'description');
    var services = category.services || [], inputs = [];
    var main = checkbox(id, category.necessary || view.isGranted(category), category.necessary, id + '-about', function () {
      inputs.forEach(function (input) { input.checked = main.checked; });
      mix();
    });
    function mix() {
      main.indeterminate = inputs.some(function (input) { return input.checked != main.checked; });
    }
    var list = services.map(function (service, at) {
      var own = id + '-' + at;
      var input = checkbox(own, category.necessary || view.isGranted(category, service), category.necessary, own + '-about', mix);
      inputs.push(input);
      return node('li', {}, [input, node('label', { for: own }, [ruled(service.name) || service.slug]), about(service, own)]);
    });
    mix();
    return {
      category: category, main: main, inputs: inputs,
      node: node('div', { class: 'group' }, [
        node('div', { class: 'line' }, [main, node('label', { for: id }, [categoryText(category, 'label')]),
          category.necessary && node('span', { class: 'always' }, [text('always')])]),
        node('p', { id: id + '-about' }, [description]),
        list.length && node('details', {}, [node('summary', {}, [text('services', { count: list.length })]), node('ul', {}, list)])
      ])
    };
  }

  function about(service, id) {
    // As in the rules: `=` stands for that very host.
    var hosts = (service.hosts || []).map(function (host) { return host.replace(/^=/, ''); });
    var names = service.cookies || [];
    return node('p', { id: id + '-about' }, [
      ruled(service.purpose), hosts.length ? ' ' + text('hosts', { hosts: hosts.join(', ') }) : '',
      names.length ? ' ' + text('cookies', { names: names.join(', '), days: service.days }) : ''
    ]);
  }

  function collect(groups) {
    var choice = { categories: {}, services: {} };
    groups.filter(function (g) { return !g.category.necessary; }).forEach(function (g) {
      choice.categories[g.category.name] = g.main.checked;
      g.inputs.forEach(function (input, at) {
        if (input.checked != g.main.checked) choice.services[g.category.services[at].slug] = input.checked;
      });
    });
    return choice;
  }

  // The consent id is what a dispute is searched by (D15).
  function identity(id) {
    var copied = button(text('copy'), function () {
      Promise.resolve().then(function () { return w.navigator.clipboard.writeText(id); }).then(function () {
        copied.textContent = text('copied');
      }, function () {
        // No clipboard (an insecure origin): the text is selected, to be copied by hand.
        w.getSelection().selectAllChildren(code);
      });
    }, 'plain');
    var code = node('code', {}, [id]);
    return node('p', { class: 'identity' }, [text('id') + ' ', code, ' ', copied]);
  }
})(window);

// Saving: the gateway answers when the proof is stored; until then nothing is granted. First part of the widget: gives the
// guard's hook `save`.
(function (w) {
  'use strict';
  var hook = w.__consentry, answers = hook.answers;
  if (hook.save) return;

  var attempt = 0;

  // Resolves to the gateway's answer; rejects when it refused, or when every try failed. A newer choice ends the tries
  // of an older one, whose promise then never settles. `onDelay` is called before each wait.
  hook.save = function (choice, onDelay) {
    var mine = ++attempt, days = 180;
    choice = Object.assign({}, choice);
    if (!choice.consentId && answers.id()) choice.consentId = answers.id();
    answers.keepPending(choice);
    return answers.config().then(function (config) {
      days = config.lifetimeDays || days;
      return post(choice, answers.delays, mine, onDelay);
    }).then(function (result) {
      answers.keepPending(null);
      answers.keepId(result.consentId, days);
      if (hook.token) hook.token = result.token;
      return result;
    }, function (error) {
      // What the gateway turns down it would turn down on the next page too.
      if (error.final) answers.keepPending(null);
      throw error;
    });
  };

  function post(choice, delays, mine, onDelay) {
    if (mine != attempt) return new Promise(function () {});
    return answers.fetch(answers.prefix + 'consent', {
      method: 'POST',
      credentials: 'same-origin',
      keepalive: true,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(choice)
    }).then(function (response) {
      if (response.ok) return response.json();
      var error = new Error('consent: ' + response.status);
      // Too busy or out of order: try again. Anything else will be the same the next time.
      error.final = response.status != 503 && response.status != 429 && response.status != 502 && response.status != 504;
      error.after = 1000 * response.headers.get('retry-after');
      throw error;
    }).catch(function (error) {
      if (mine != attempt) return new Promise(function () {});
      if (error.final || !delays.length) throw error;
      onDelay();
      return answers.wait(Math.min(Math.max(delays[0], error.after || 0), 60000)).then(function () {
        return post(choice, delays.slice(1), mine, onDelay);
      });
    });
  }
})(window);

// Copies what stands beside a button. The pages do without it.
document.addEventListener('click', function (event) {
  var button = event.target.closest('button[data-copies]');
  var from = button && document.getElementById(button.dataset.copies);
  if (!from) return;
  var done = function () { button.textContent = 'Copied'; };
  var select = function () { getSelection().selectAllChildren(from); button.textContent = 'Marked: copy it now'; };
  if (navigator.clipboard) navigator.clipboard.writeText(from.textContent).then(done, select); else select();
});

// @ts-check
/**
 * A form whose file is larger than its `data-most` bytes is not sent, and says why: of a body that is
 * far too large the portal reads nothing, and all that a browser shows then is a connection that ended.
 */
document.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || !target.dataset.most) return;
  const most = Number(target.dataset.most);
  const large = [...(target.files ?? [])].find((file) => file.size > most);
  target.setCustomValidity(large ? `${large.name} is larger than ${most / 2 ** 20} MB: choose another.` : "");
  target.reportValidity();
});

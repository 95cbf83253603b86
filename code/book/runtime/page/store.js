// What a reader has written survives a reload.

const key = (cell) => `cell:${page}:${cell.original}`;
function kept(cell) { try { return localStorage.getItem(key(cell)); } catch { return null; } }
function keep(cell, text) {
  try {
    if (text === null) localStorage.removeItem(key(cell));
    else localStorage.setItem(key(cell), text);
  } catch { cell.say("This browser does not keep the edit: its storage is full or switched off."); }
}

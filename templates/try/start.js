// Puts the tool together.

const page = {
  changes: delay(showChanges, 150),
  show() {
    showAnswer();
    page.changes();
  },
};

buildViews(page.show);
buildForm(page.show);
buildChanges(page.show);
buildFiles();
enhanceTables();
buildLines();
buildHints();
find("try-section").hidden = false;
find("try-link").hidden = false;
page.show();

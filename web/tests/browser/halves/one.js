// Half of the tests in one process with one browser: to start them costs as much as a test. tests/logic.test.js knows the files.
import '../every-page.test.js';
import '../operator.test.js';
import '../operate.test.js';
import '../manage.test.js';

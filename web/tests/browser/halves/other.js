// The other half.
import '../agent.test.js';
import '../chat.test.js';
import '../account.test.js';
import '../sign-in.test.js';
import '../tasks.test.js';

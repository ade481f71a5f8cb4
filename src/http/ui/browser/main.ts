import Alpine from '@alpinejs/csp';
import { branchPicker } from './branch-picker.ts';
import { enableCopying } from './copying.ts';
import { enableDialogs } from './dialogs.ts';
import { enableForms } from './forms.ts';
import { enableLiveParts } from './live-parts.ts';
import { logViewer } from './log-viewer.ts';
import { showCurrentSection } from './navigation.ts';
import { enableNotices } from './notices.ts';
import { newEnvironment } from './new-environment.ts';
import { keepTimes } from './times.ts';
import { themeToggle } from './theme-toggle.ts';
import { ttlField } from './ttl-field.ts';

document.documentElement.classList.add('js');

Alpine.data('themeToggle', themeToggle);
Alpine.data('branchPicker', branchPicker);
Alpine.data('ttlField', ttlField);
Alpine.data('newEnvironment', newEnvironment);
Alpine.data('logViewer', logViewer);
Alpine.start();

showCurrentSection();
enableDialogs();
enableForms();
enableNotices();
enableCopying();
keepTimes();
enableLiveParts();

import { test } from 'node:test';
import { followPage } from './follow-page.ts';

test('the tour says what happens', (t) => followPage(t, 'tour.md'));

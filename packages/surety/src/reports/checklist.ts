export type { ChecklistSummary, ComparedItem, Disagreement } from './checklist/compare.ts';
export { type Checklist, readChecklist } from './checklist/read.ts';
export { writeChecklist } from './checklist/write.ts';

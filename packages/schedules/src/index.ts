export type { JsonValue, PruningDecision, PruningSchedule, ScheduleConfig } from './schedule.js';

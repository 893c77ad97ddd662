import { en } from '../en/index';
export const de = en;

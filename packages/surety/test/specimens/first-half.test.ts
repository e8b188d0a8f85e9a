import { testEveryOther } from './every-other.ts';

testEveryOther(0);

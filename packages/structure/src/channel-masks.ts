import { type Mask, type MaskStrategy, packMask, type WeightView } from '@secateur/masks';

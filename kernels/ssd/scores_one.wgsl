// Before step 4, all sizes any numbers.
#import "BC_one.wgsl"
#import "scores.wgsl"
#import "tile.wgsl"

% Segment bright nuclei and compare with the truth; a plain Octave program that knows nothing of parfocal.
%
%   octave-cli --norc segment.m IMAGE.png TRUTH.png RESULT.png SIGMA LEVEL MIN_AREA
%
% SIGMA     standard deviation of the Gaussian smoothing in pixels, 0 for none
% LEVEL     threshold, as a multiple of Otsu's
% MIN_AREA  smallest object to keep, in pixels
% Prints one line of JSON with the Dice coefficient and the number of objects.

pkg load image

arguments = argv();
picture = im2double(imread(arguments{1}));
truth = imread(arguments{2}) > 0;
sigma = str2double(arguments{4});
level = str2double(arguments{5});
min_area = str2double(arguments{6});

if sigma > 0
  width = 2 * ceil(3 * sigma) + 1;
  picture = imfilter(picture, fspecial("gaussian", width, sigma), "replicate");
end
segmented = picture > level * graythresh(picture);
segmented = bwareaopen(segmented, min_area);
imwrite(uint8(255 * segmented), arguments{3});

dice = 2 * sum(segmented(:) & truth(:)) / max(sum(segmented(:)) + sum(truth(:)), 1);
[~, objects] = bwlabel(segmented);
printf("{\"dice\": %.6f, \"objects\": %d}\n", dice, objects);

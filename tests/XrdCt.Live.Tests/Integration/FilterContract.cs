using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>
/// What every integrator must do with a filter, in whatever way pixels are split, cells are laid out and frames are corrected: keep the
/// reference's pixels and no others. A backend subclasses the contracts of the filters that it has.
/// </summary>
public abstract class FilterContract
{
    /// <summary>Sums of kept pixels come from integer weights that resolve 2⁻²⁰ of the cell's largest, and from float32 shares.</summary>
    private const double Resolution = 3e-6;

    /// <summary>Frames of a case, of seeds 1, 2, …; that of seed 3 has counts of 2³¹ − 1.</summary>
    protected virtual int FrameCount => 5;

    protected abstract IFrameIntegrator Create(IntegrationPlan plan);

    /// <summary>Every splitting, layout, correction and error model, by name.</summary>
    public static TheoryData<PixelSplitting, string, string, ErrorModel> Cases { get; } = MakeCases();

    private protected void AssertKeepsTheReferencesPixels(
        IntegrationOptions options, PixelSplitting splitting, string layout, string corrections, ErrorModel model)
    {
        options = Layout(options with { Splitting = splitting, ErrorModel = model }, layout);
        options = corrections == "dummy" ? options with { Dummy = 6, DummyDelta = 0.5 } : options;
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), options, Corrections(corrections));
        using var reference = new ReferenceIntegrator(plan, SmallDetector.Reader());
        using IFrameIntegrator integrator = Create(plan);

        // Frames in batches as they come: what an integrator remembers of a frame, or mixes up between two, must not show.
        RawFrame[] frames = [.. Enumerable.Range(1, FrameCount).Select(seed => SmallDetector.Frame(Pixels(seed)))];
        DiffractionPattern[] actual = [.. frames.Select(_ => new DiffractionPattern(plan.PatternSize))];
        for (int first = 0; first < frames.Length; first += integrator.BatchSize)
        {
            int count = Math.Min(integrator.BatchSize, frames.Length - first);
            integrator.Integrate(frames.AsSpan(first, count), actual.AsSpan(first, count));
        }

        var expected = new DiffractionPattern(plan.PatternSize);
        for (int i = 0; i < frames.Length; i++)
        {
            reference.Integrate([frames[i]], [expected]);
            Assert.Equal(FrameOutcome.Accepted, actual[i].Outcome);
            AssertSame(expected, actual[i], plan);
        }
    }

    private static void AssertSame(DiffractionPattern expected, DiffractionPattern actual, IntegrationPlan plan)
    {
        for (int b = 0; b < expected.BinCount; b++)
        {
            Assert.Equal(float.IsNaN(expected.Mean[b]), float.IsNaN(actual.Mean[b]));
            Assert.Equal(double.IsNaN(expected.Intensity(b)), double.IsNaN(actual.Intensity(b)));
            if (float.IsNaN(expected.Mean[b]))
            {
                continue;
            }

            double scale = Math.Max(1, Math.Abs(expected.Mean[b]));
            Assert.Equal(expected.Mean[b], actual.Mean[b], Resolution * scale);
            if (double.IsNaN(expected.Intensity(b)))
            {
                continue;
            }

            double intensity = expected.Intensity(b);
            Assert.Equal(intensity, actual.Intensity(b), Resolution * scale);

            // Sectors of nearly the same mean may change places at the cut of a cake: the intensity does not notice, the sums do.
            if (!plan.IsCake)
            {
                Assert.Equal(expected.Count[b], actual.Count[b]);
                Assert.Equal(expected.Signal[b], actual.Signal[b], Resolution * scale * Math.Max(1, expected.Normalisation[b]));
                Assert.Equal(expected.Normalisation[b], actual.Normalisation[b], Resolution * expected.Normalisation[b]);
                Assert.Equal(
                    expected.NormalisationSquared[b], actual.NormalisationSquared[b], 2 * Resolution * expected.NormalisationSquared[b]);

                // The scatter around a mean may be taken as a difference of two sums, each of this size.
                double squares = Math.Max(expected.Variance[b], intensity * intensity * expected.Normalisation[b]);
                Assert.Equal(expected.Variance[b], actual.Variance[b], Resolution * Math.Max(1, squares));
            }
        }
    }

    private static TheoryData<PixelSplitting, string, string, ErrorModel> MakeCases()
    {
        var cases = new TheoryData<PixelSplitting, string, string, ErrorModel>();
        foreach (PixelSplitting splitting in Enum.GetValues<PixelSplitting>())
        {
            foreach (string corrections in new[] { "none", "dark", "flat", "dummy" })
            {
                cases.Add(splitting, "1D", corrections, ErrorModel.Poisson);
            }

            foreach (string layout in new[] { "one bin", "more bins than pixels", "across 180°", "cake" })
            {
                cases.Add(splitting, layout, "dark and flat", ErrorModel.Poisson);
            }

            cases.Add(splitting, "1D", "dark and flat", ErrorModel.Azimuthal);
            cases.Add(splitting, "cake", "none", ErrorModel.Azimuthal);
            cases.Add(splitting, "1D", "none", ErrorModel.Hybrid);
            cases.Add(splitting, "cake", "dark and flat", ErrorModel.Hybrid);
        }

        return cases;
    }

    private static IntegrationOptions Layout(IntegrationOptions options, string layout) => layout switch
    {
        "1D" => options,
        "one bin" => options with { BinCount = 1 },
        "more bins than pixels" => options with { BinCount = 2000, Lower = 0, Upper = 200 },
        "across 180°" => options with { AzimuthLower_deg = 100, AzimuthUpper_deg = 290 },

        // The trimmed mean of a cake's sectors is 1D: there it is another number of sectors.
        "cake" when options.TrimDefinition == TrimDefinition.Cake => options with { BinCount = 40, CakeSectors = 11 },
        "cake" => options with { BinCount = 40, AzimuthSectors = 11 },
        _ => throw new ArgumentException(layout),
    };

    private static FrameCorrections Corrections(string corrections)
    {
        int pixels = SmallDetector.Geometry.Shape.PixelCount;
        var random = new Random(7);
        float[] dark = [.. Enumerable.Range(0, pixels).Select(i => i % 97 == 0 ? float.NaN : 9 * random.NextSingle())];
        float[] flat = [.. Enumerable.Range(0, pixels).Select(i => i % 89 == 0 ? 0 : 0.5f + random.NextSingle())];
        return new FrameCorrections
        {
            Dark = corrections.Contains("dark", StringComparison.Ordinal) ? dark : default,
            FlatField = corrections.Contains("flat", StringComparison.Ordinal) ? flat : default,
        };
    }

    /// <summary>About six counts a pixel, one in ten flagged, one in fifty a spot, some beyond what a small type holds.</summary>
    private static int[] Pixels(int seed)
    {
        var random = new Random(seed);
        int[] pixels = new int[SmallDetector.Geometry.Shape.PixelCount];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = random.Next(50) switch
            {
                0 => random.Next(1_000_000),
                1 when seed == 3 => int.MaxValue,
                >= 45 => -1 - random.Next(2),
                _ => random.Next(4 * seed),
            };
        }

        return pixels;
    }
}

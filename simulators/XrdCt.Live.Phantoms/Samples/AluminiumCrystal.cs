namespace XrdCt.Live.Phantoms.Samples;

/// <summary>Bragg events of one aluminium grain during a turn of the sample.</summary>
internal static class AluminiumCrystal
{
    // Cell edge of aluminium at room temperature, Å (any handbook: 4.0495), and its first face-centred reflections.
    private const double Cell_A = 4.0495;

    private static readonly int[] SquaredIndices = [3, 4, 8, 11, 12, 16, 19, 20, 24];

    // Events in a full turn, {111} to {422}: every one of the equivalent planes meets the Ewald sphere twice.
    private static readonly int[] Events = [16, 12, 24, 48, 16, 12, 48, 48, 48];

    /// <summary>Draws the events: random orientation, rocking curve of a rolled foil, log-uniform brightness.</summary>
    public static IReadOnlyList<GrainReflection> Reflections(ref SeededRandom random)
    {
        List<GrainReflection> reflections = [];
        for (int family = 0; family < SquaredIndices.Length; family++)
        {
            double d_A = Cell_A / Math.Sqrt(SquaredIndices[family]);
            for (int i = 0; i < Events[family]; i++)
            {
                // Brighter towards low angles, as form factor and Lorentz factor fall; 1e5 at most.
                double brightest = 1e5 * 3 / SquaredIndices[family];
                reflections.Add(new GrainReflection(
                    d_A,
                    random.NextBetween(-Math.PI, Math.PI),
                    random.NextBetween(0, 360),
                    random.NextBetween(1.0, 3.0),
                    random.NextBetween(-0.006, 0.006),
                    brightest * Math.Pow(10, random.NextBetween(-2, 0)),
                    random.NextBetween(0.8, 2.2)));
            }
        }

        return reflections;
    }
}

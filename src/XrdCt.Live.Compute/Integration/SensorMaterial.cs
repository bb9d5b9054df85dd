namespace XrdCt.Live.Compute.Integration;

/// <summary>How strongly a sensor absorbs photons: its density and its mass photoelectric absorption coefficients.</summary>
/// <remarks>
/// Coefficients are those of xraylib 4.0.0 (<see href="https://doi.org/10.1016/j.sab.2011.09.011"/>), on a grid whose log-log interpolation stays
/// within 0.1 % of it from 5 to 200 keV; the K edges of Cd and Te, 26.711 and 31.814 keV, stand in the table from both sides. Only what is absorbed
/// counts: a scattered photon mostly leaves the sensor.
/// </remarks>
internal sealed class SensorMaterial
{
    private static readonly SensorMaterial Si = new(2.329,
    [
        (5.0, 243.8), (5.831, 158.15), (6.799, 102.08), (7.929, 65.466), (9.247, 41.756), (10.783, 26.514), (12.574, 16.763),
        (14.663, 10.55), (17.1, 6.6104), (19.941, 4.1264), (23.254, 2.5673), (27.117, 1.5921), (31.623, 0.98389), (36.877, 0.60613),
        (43.004, 0.37258), (50.148, 0.22857), (58.48, 0.13988), (68.197, 0.085484), (79.527, 0.052192), (92.74, 0.031834),
        (108.148, 0.019416), (126.117, 0.011853), (147.07, 0.0072482), (171.505, 0.0044438), (200.0, 0.0027363),
    ]);

    private static readonly SensorMaterial CdTe = new(5.85,
    [
        (5.0, 834.53), (5.831, 564.02), (6.799, 377.36), (7.929, 251.76), (9.247, 166.93), (10.783, 110.21), (12.574, 72.452),
        (14.663, 47.625), (17.1, 31.111), (19.941, 20.304), (23.254, 13.179), (26.71007, 8.925), (26.71028, 28.518), (27.117, 27.414),
        (31.623, 18.303), (31.81512, 18.011), (31.81532, 34.204), (36.877, 23.256), (43.004, 15.435), (50.148, 10.158),
        (58.48, 6.6519), (68.197, 4.3334), (79.527, 2.8095), (92.74, 1.8146), (108.148, 1.1689), (126.117, 0.75144),
        (147.07, 0.48264), (171.505, 0.31001), (200.0, 0.19942),
    ]);

    private readonly double _density_gcm3;
    private readonly (double Energy_keV, double Coefficient_cm2g)[] _table;

    private SensorMaterial(double density_gcm3, (double Energy_keV, double Coefficient_cm2g)[] table)
    {
        _density_gcm3 = density_gcm3;
        _table = table;
    }

    /// <summary>Finds a material.</summary>
    /// <param name="formula">Chemical formula, <c>Si</c> or <c>CdTe</c>.</param>
    /// <exception cref="ArgumentException">The material is another one.</exception>
    public static SensorMaterial Of(string formula) => formula switch
    {
        "Si" => Si,
        "CdTe" => CdTe,
        _ => throw new ArgumentException($"the absorption of a sensor of {formula} is not known, only that of Si and CdTe"),
    };

    /// <summary>Linear absorption coefficient µ, 1/m.</summary>
    /// <param name="energy_keV">Photon energy, 5 to 200 keV.</param>
    /// <exception cref="ArgumentException">The energy is outside the table.</exception>
    public double Absorption_invm(double energy_keV) => 100 * _density_gcm3 * Coefficient_cm2g(energy_keV);

    /// <summary>Mass photoelectric absorption coefficient, cm²/g.</summary>
    /// <param name="energy_keV">Photon energy, 5 to 200 keV.</param>
    /// <exception cref="ArgumentException">The energy is outside the table.</exception>
    public double Coefficient_cm2g(double energy_keV)
    {
        if (!(energy_keV >= _table[0].Energy_keV && energy_keV <= _table[^1].Energy_keV))
        {
            throw new ArgumentException(
                $"the sensor's absorption is known from {_table[0].Energy_keV} to {_table[^1].Energy_keV} keV, not at {energy_keV:0.###} keV");
        }

        int above = 1;
        while (_table[above].Energy_keV < energy_keV)
        {
            above++;
        }

        (double energyBelow, double below) = _table[above - 1];
        (double energyAbove, double atAbove) = _table[above];
        double part = Math.Log(energy_keV / energyBelow) / Math.Log(energyAbove / energyBelow);
        return below * Math.Pow(atAbove / below, part);
    }
}
